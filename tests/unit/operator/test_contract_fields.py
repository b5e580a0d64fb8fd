"""Every field that the public contract names is accepted, so that one file serves this machine and Kubernetes."""

from typing import Any

import pytest

from notification_operator.document import Document
from notification_operator.local.unsupported import list_ignored
from notification_operator.spec import derive_cluster, parse_document

from .clusters import AUTHORIZER, CHANNELS, EMBEDDED, TOPICS, write_file

SECRET_KEY = {"name": "jwt", "key": "public.pem"}
WHOLE_CONTRACT: dict[str, Any] = {
    "image": "registry.example/notification-workloads:1",
    "demo": True,
    "hibernate": True,
    "auth": {
        "issuer": "https://id.example",
        "audience": "app",
        "jwksUrl": "https://id.example/keys",
        "keys": [{"id": "main", "algorithm": "ES256", "secretRef": SECRET_KEY}],
        "authorizer": AUTHORIZER,
    },
    "database": {**EMBEDDED, "pool": {"min": 1, "max": 4}, "replicas": {"secretRef": {"name": "readers"}}},
    "nats": {
        "servers": 3,
        "storage": {"size": "2Gi", "className": "fast", "whenDeleted": "Retain"},
        "syncInterval": "always",
    },
    "gateway": {
        "autoscaling": {
            "minReplicas": 2,
            "maxReplicas": 6,
            "connectionsPerGateway": 8000,
            "buffer": 500,
            "scaleInWindowSeconds": 300,
        },
        "connectionLimit": 10000,
        "drain": {"maxReconnectsPerSecond": 200},
        "cors": {"origins": ["https://app.example", "http://localhost:3000"]},
        "resources": {"requests": {"cpu": "500m", "memory": "256Mi"}, "limits": {"cpu": 1}},
        "service": {"type": "LoadBalancer"},
        "podTemplate": {"nodeSelector": {"disk": "ssd"}},
    },
    "worker": {
        "autoscaling": {"minReplicas": 1, "maxReplicas": 3},
        "concurrency": {"high": 1, "normal": 2, "low": 3},
        "resources": {"limits": {"memory": "1Gi"}},
    },
    "channels": CHANNELS,
    "limits": {
        "producers": {"perMinute": 6000, "burst": 200},
        "connectionsPerUser": 3,
        "sendsPerMinute": 20,
        "broadcastsPerMinute": 5,
    },
    "topics": TOPICS,
    "monitoring": {"logLevel": "debug", "tracing": {"endpoint": "http://collector:4318", "sampleRatio": 0.1}},
    "networkPolicy": {"enabled": True},
    "tls": {"secretRef": {"name": "tls"}},
}


def test_the_whole_contract_is_accepted() -> None:
    document = parse_document(write_file(**WHOLE_CONTRACT))
    cluster = derive_cluster(document)
    assert cluster.auth.issuer == "https://id.example"
    assert cluster.nats.sync_interval == "always"
    assert (cluster.worker.high, cluster.worker.normal, cluster.worker.low) == (1, 2, 3)
    assert (cluster.database.pool_min, cluster.database.pool_max) == (1, 4)


@pytest.mark.parametrize("source", [{"secretRef": {"name": "pg"}}, {"cloudNativePG": {"cluster": "pg"}}])
def test_every_kind_of_database_is_accepted(source: dict[str, Any]) -> None:
    (name,) = source
    assert derive_cluster(parse_document(write_file(database=source))).database.source == name


def test_an_object_as_kubernetes_prints_it_is_accepted() -> None:
    text = write_file().replace(b"name: demo", b"name: demo\n  uid: 1234\n  managedFields: []")
    assert parse_document(text + b"status: {conditions: []}\n").metadata.name == "demo"


def test_a_local_run_names_every_field_that_it_ignores() -> None:
    assert list_ignored(parse_document(write_file(**WHOLE_CONTRACT))) == (
        "spec.image",
        "spec.hibernate",
        "spec.database.replicas",
        "spec.nats.storage.className",
        "spec.nats.storage.whenDeleted",
        "spec.gateway.autoscaling",
        "spec.gateway.resources",
        "spec.gateway.service",
        "spec.gateway.podTemplate",
        "spec.worker.autoscaling",
        "spec.worker.resources",
        "spec.networkPolicy",
        "spec.tls",
        "spec.nats.servers (one server runs)",
    )


def test_a_local_run_of_the_least_file_ignores_nothing() -> None:
    document: Document = parse_document(write_file(hibernate=False, nats={"servers": 1}))
    assert list_ignored(document) == ()
