"""NotificationCluster files for the tests, and one machine to derive topologies for."""

from pathlib import Path
from typing import Any

import yaml

from notification_operator.machine import Machine, Places, Ports, Programs
from notification_operator.spec import ClusterSpec, derive_cluster, parse_document

REPOSITORY = Path(__file__).parents[3]
SAMPLES = REPOSITORY / "crds/samples"
GOLDEN = Path(__file__).with_name("golden")

EMBEDDED = {"embedded": {"storage": "1Gi"}}


def refer(name: str, key: str) -> dict[str, str]:
    """An entry of a Secret."""
    return {"name": name, "key": key}


SMTP = {"host": "mail.example.org", "user": "mailer", "passwordSecretRef": refer("mail", "password")}
SES = {
    "region": "eu-central-1",
    "accessKeyIdSecretRef": refer("ses", "accessKeyId"),
    "secretAccessKeySecretRef": refer("ses", "secretAccessKey"),
}
APNS = {"keySecretRef": refer("apns", "AuthKey.p8"), "keyId": "KEY1234567", "teamId": "TEAM123456", "topic": "org.app"}
WEBPUSH = {"keySecretRef": refer("vapid", "key.pem"), "subject": "mailto:ops@example.org", "publicKey": "B" + "x" * 86}
EMAIL = {
    "from": "Shop <no-reply@example.org>",
    "publicUrl": "https://notify.example.org",
    "htmlTypes": ["newsletter"],
    "providers": [{"smtp": {**SMTP, "port": 465, "security": "tls"}}, {"ses": SES}],
}
CHANNELS: dict[str, Any] = {
    "email": EMAIL,
    "push": {
        "fcm": {"serviceAccountSecretRef": refer("fcm", "account.json")},
        "apns": {**APNS, "sandbox": True},
        "webpush": {**WEBPUSH, "allowPrivate": ["10.1.0.0/16"]},
    },
    "webhook": {
        "keySecretRefs": [refer("hooks", "old"), refer("hooks", "new")],
        "url": "https://hooks.example.org/in?from=us",
        "allowPrivate": ["10.0.0.0/8", "fd00::/8"],
    },
    "authoritySecretRef": refer("mail", "ca.crt"),
    "digest": {"hour": "08:30", "weekday": "friday"},
}
AUTHORIZER = {"url": "http://authorizer.shop.svc:8080/may", "timeoutSeconds": 3}
TOPICS: list[dict[str, Any]] = [
    {"family": "dm", "maxAge": "30d"},
    {
        "family": "orders",
        "maxAge": "7d",
        "maxBytes": "1Mi",
        "slowConsumer": "keepLatest",
        "authorize": "authorizer",
    },
    {"family": "news", "authorize": "everyone", "batch": {"messages": 20, "milliseconds": 50}},
]


def write_file(**spec: Any) -> bytes:
    """A file whose spec has these fields, and the least that is needed besides."""
    document = {
        "apiVersion": "notification-operator.dev/v1alpha1",
        "kind": "NotificationCluster",
        "metadata": {"name": "demo"},
        "spec": {"demo": True, "database": EMBEDDED, **spec},
    }
    return yaml.safe_dump(document).encode()


def derive(**spec: Any) -> ClusterSpec:
    """What such a file asks for."""
    return derive_cluster(parse_document(write_file(**spec)))


def make_machine(cluster: ClusterSpec) -> Machine:
    """A machine with ports in a row, and everything below /data and /bin."""
    gateways = [f"gateway-{number}" for number in range(cluster.gateway.replicas)]
    workers = [f"worker-{number}" for number in range(cluster.worker.replicas)]
    return Machine(
        ports=Ports(
            public=8080,
            postgres=5432,
            nats=4222,
            monitoring=8222,
            management={name: 9000 + number for number, name in enumerate((*gateways, *workers))},
            internal={name: 9100 + number for number, name in enumerate(gateways)},
        ),
        programs=Programs(
            notifications=Path("/bin/notifications"),
            nats_server=Path("/bin/nats-server"),
            postgres=Path("/bin/postgres"),
            initdb=Path("/bin/initdb"),
        ),
        places=Places(Path("/data")),
    )
