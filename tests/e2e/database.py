"""The PostgreSQL that the production-like cluster is given: our image, but nothing that the operator knows of."""

import secrets

from images.recipe import RECIPES
from tests.support.kubernetes import Kubernetes

NAME = "postgres"
USER = "notifications"
FOLDER = "/var/lib/postgresql"
SECRETS = "/etc/postgres"


def place_database(kubernetes: Kubernetes, namespace: str, secret: str) -> None:
    """Start PostgreSQL on the first node, and write its address into the Secret as `uri`."""
    password = secrets.token_urlsafe(24)
    address = f"postgresql://{USER}:{password}@{NAME}:5432/{USER}"
    metadata = {"name": NAME, "namespace": namespace, "labels": {"app": NAME}}
    kubernetes.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": secret, "namespace": namespace},
            "stringData": {"uri": address, "password": password},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": metadata["labels"], "ports": [{"port": 5432}]},
        },
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": describe_pod(secret, kubernetes.nodes[0])},
    )
    kubernetes.kubectl("wait", f"pod/{NAME}", f"--namespace={namespace}", "--for=condition=Ready", "--timeout=60s")


def describe_pod(secret: str, node: str) -> dict[str, object]:
    """The spec of its pod."""
    settings = {
        "PGDATA": f"{FOLDER}/data",
        "POSTGRES_USER": USER,
        "POSTGRES_DB": USER,
        "POSTGRES_PASSWORD_FILE": f"{SECRETS}/password",
    }
    return {
        "nodeSelector": {"kubernetes.io/hostname": node},
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": NAME,
                "image": next(recipe.reference for recipe in RECIPES if recipe.name == "postgres"),
                "imagePullPolicy": "IfNotPresent",
                "env": [{"name": name, "value": value} for name, value in settings.items()],
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                "readinessProbe": {"tcpSocket": {"port": 5432}, "periodSeconds": 1},
                "volumeMounts": [
                    {"name": "data", "mountPath": FOLDER},
                    {"name": "secrets", "mountPath": SECRETS, "readOnly": True},
                ],
            }
        ],
        "volumes": [
            {"name": "data", "emptyDir": {}},
            {"name": "secrets", "secret": {"secretName": secret, "defaultMode": 0o440}},
        ],
    }


def query_database(kubernetes: Kubernetes, namespace: str, query: str) -> str:
    """What a query selects there, a line a row."""
    log_in = f"PGPASSWORD=$(cat {SECRETS}/password) psql --host=127.0.0.1 --username={USER}"
    command = f'{log_in} --tuples-only --no-align --command="$1"'
    return kubernetes.kubectl(f"--namespace={namespace}", "exec", NAME, "--", "sh", "-c", command, "sh", query).strip()
