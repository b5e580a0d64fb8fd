"""The embedded PostgreSQL, for trials: one server whose volume and password go with the cluster.

Its image is started without arguments, as the user of all pods, on a read-only root with a writable /tmp. It must make
what POSTGRES_USER and POSTGRES_DB name when PGDATA is empty, listen on PostgreSQL's port, and end fast on SIGTERM.
"""

from typing import Any, Final

from ..errors import InvalidSpec
from ..resources import ResourcesSpec
from ..spec import ClusterSpec
from ..topology import CONNECTIONS_FOR_WORKLOADS, DATABASE, DATABASE_ROLE
from .generated import Entry, GeneratedSecret
from .metadata import Owner, render_account
from .pod import Container, Pod, render_pod
from .probe import render_tcp_probes
from .volume import DATA, VolumeClaim, render_retention, render_volume_claim

PORT: Final = 5432
_PASSWORD: Final = "password"  # noqa: S105 - the name of an entry
_SECRETS: Final = "/etc/postgres"
_FOLDER: Final = "/var/lib/postgresql"
_RESOURCES: Final = ResourcesSpec(requests={"cpu": "100m", "memory": "256Mi"}, limits={"cpu": "2", "memory": "1Gi"})


def render_postgres_secret(owner: Owner) -> GeneratedSecret:
    """Return the Secret with the password of the workloads' role, alone and within its address."""
    name = owner.names.postgres
    address = f"postgresql://{DATABASE_ROLE}:{{{_PASSWORD}}}@{name}:{PORT}/{DATABASE}"
    return GeneratedSecret(
        owner.describe("postgres", name), (Entry(_PASSWORD, "password"), Entry("uri", "text", address))
    )


def render_postgres(owner: Owner, cluster: ClusterSpec, image: str) -> tuple[dict[str, Any], ...]:
    """Return account, Service and StatefulSet; raise InvalidSpec when the workloads would want too many connections."""
    _require_enough_connections(cluster)
    return (
        render_account(owner, "postgres", owner.names.postgres),
        _render_service(owner),
        _render_stateful_set(owner, cluster, image),
    )


def _require_enough_connections(cluster: ClusterSpec) -> None:
    processes = cluster.gateway.max_replicas + cluster.worker.max_replicas + 2  # one more of each during a rollout
    share = CONNECTIONS_FOR_WORKLOADS // processes
    if cluster.database.pool_max <= share:
        return
    why = f"{processes} processes share {CONNECTIONS_FOR_WORKLOADS} connections to the embedded database"
    if share == 0:
        raise InvalidSpec("spec.database.embedded", f"is too small: {why}")
    raise InvalidSpec("spec.database.pool.max", f"must be at most {share}: {why}")


def _render_service(owner: Owner) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": owner.describe("postgres", owner.names.postgres),
        "spec": {
            "type": "ClusterIP",
            "selector": owner.select("postgres"),
            "ports": [{"name": "postgres", "port": PORT, "targetPort": "postgres", "protocol": "TCP"}],
        },
    }


def _render_stateful_set(owner: Owner, cluster: ClusterSpec, image: str) -> dict[str, Any]:
    name = owner.names.postgres
    claim = VolumeClaim(cluster.database.storage, storage_class=None, keep=False)
    items = [{"key": _PASSWORD, "path": _PASSWORD}]
    secrets = {"name": "secrets", "secret": {"secretName": name, "defaultMode": 0o440, "items": items}}
    pod = Pod(component="postgres", account=name, grace_period=60, volumes=(secrets,), spread=False)
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": owner.describe("postgres", name),
        "spec": {
            "replicas": 0 if cluster.hibernate else 1,
            "serviceName": name,
            # In order, a pod that cannot start would stay as it is, whatever the template says by then.
            "podManagementPolicy": "Parallel",
            "updateStrategy": {"type": "RollingUpdate"},
            "revisionHistoryLimit": 3,
            "persistentVolumeClaimRetentionPolicy": render_retention(claim),
            "selector": {"matchLabels": owner.select("postgres")},
            "template": render_pod(owner, pod, _make_container(image)),
            "volumeClaimTemplates": [render_volume_claim(owner, "postgres", claim)],
        },
    }


def _make_container(image: str) -> Container:
    settings = {
        "PGDATA": f"{_FOLDER}/data",
        "POSTGRES_USER": DATABASE_ROLE,
        "POSTGRES_DB": DATABASE,
        "POSTGRES_PASSWORD_FILE": f"{_SECRETS}/{_PASSWORD}",
    }
    return Container(
        name="postgres",
        image=image,
        resources=_RESOURCES,
        env=tuple({"name": name, "value": value} for name, value in settings.items()),
        ports={"postgres": PORT},
        mounts={DATA: _FOLDER, "secrets": _SECRETS},
        writable=frozenset({DATA}),
        probes=render_tcp_probes("postgres"),
    )
