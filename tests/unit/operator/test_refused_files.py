"""A wrong file gives one message that names the field and what is allowed there."""

from typing import Any

import pytest

from notification_operator.errors import InvalidSpec
from notification_operator.local.unsupported import refuse_unsupported
from notification_operator.spec import derive_cluster, parse_document

from .clusters import EMBEDDED, derive, write_file

KEY = {"id": "a", "algorithm": "HS256", "secretRef": {"name": "jwt", "key": "secret"}}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"replicas": 2}, "spec.replicas is unknown; spec may have: image, demo, hibernate, auth, database, nats, "),
        ({"gateway": {"replicas": 0}}, "spec.gateway.replicas must be a whole number from 1 to 500"),
        ({"gateway": {"replicas": True}}, "spec.gateway.replicas must be a whole number from 1 to 500"),
        ({"gateway": {"autoscaling": {}}}, "spec.gateway.autoscaling.maxReplicas is missing"),
        ({"gateway": 2}, "spec.gateway must be a mapping of: replicas, autoscaling, connectionLimit, drain, "),
        ({"gateway": {"service": 1}}, "spec.gateway.service must be a mapping of: type, annotations, "),
        ({"gateway": {"resources": {"limits": {"cpu": "a lot"}}}}, "spec.gateway.resources.limits.cpu must be a quan"),
        ({"nats": {"servers": 2}}, "spec.nats.servers must be 1 or 3 or 5"),
        ({"nats": {"storage": {"whenDeleted": "Keep"}}}, 'spec.nats.storage.whenDeleted must be "Delete" or "Retain"'),
        ({"nats": {"syncInterval": "often"}}, 'spec.nats.syncInterval must be "always" or a time such as "500ms"'),
        ({"demo": "yes!"}, "spec.demo must be true or false"),
        ({"auth": {"keys": {}}}, "spec.auth.keys must be a list"),
        ({"auth": {"keys": [{**KEY, "algorithm": "none"}]}}, 'spec.auth.keys[0].algorithm must be "ES256" or "EdDSA"'),
        ({"auth": {"keys": [{"id": "a"}]}}, "spec.auth.keys[0].algorithm is missing"),
        (
            {"auth": {"jwksUrl": "file:///etc/passwd"}},
            "spec.auth.jwksUrl must be an http or https address without credentials",
        ),
        (
            {"auth": {"keys": [{**KEY, "secretRef": {"name": "..", "key": "a"}}]}},
            "spec.auth.keys[0].secretRef.name mus",
        ),
        (
            {"auth": {"keys": [{**KEY, "secretRef": {"name": "a", "key": "../a"}}]}},
            "spec.auth.keys[0].secretRef.key mu",
        ),
        ({"topics": [{}]}, "spec.topics[0].family is missing"),
        (
            {"database": None},
            "spec.database must be a mapping of: secretRef, cloudNativePG, embedded, pool, replicas, ",
        ),
        ({"database": {"embedded": {}}}, "spec.database.embedded.storage is missing"),
    ],
)
def test_a_wrong_field_is_named_with_what_is_allowed(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        parse_document(write_file(**spec))
    assert str(refusal.value).startswith(message)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"demo": False}, "spec.auth must name keys or a jwksUrl; only with spec.demo may both be absent"),
        ({"auth": {"keys": [KEY, KEY]}}, "spec.auth.keys must have a different id each"),
        ({"database": {}}, "spec.database must have exactly one of: secretRef, cloudNativePG, embedded"),
        (
            {"database": {**EMBEDDED, "secretRef": {"name": "pg"}}},
            "spec.database must have exactly one of: secretRef, cloudNativePG, embedded",
        ),
        (
            {"database": {**EMBEDDED, "pool": {"min": 9, "max": 3}}},
            "spec.database.pool.min must be at most spec.database.pool.max, which is 3",
        ),
        (
            {"gateway": {"replicas": 2, "autoscaling": {"maxReplicas": 3}}},
            "spec.gateway must have replicas or autoscaling, not both",
        ),
        (
            {"worker": {"replicas": 2, "autoscaling": {"maxReplicas": 3}}},
            "spec.worker must have replicas or autoscaling, not both",
        ),
        (
            {"gateway": {"autoscaling": {"minReplicas": 4, "maxReplicas": 3}}},
            "spec.gateway.autoscaling.minReplicas must be at most maxReplicas (3)",
        ),
        (
            {"gateway": {"connectionLimit": 100, "autoscaling": {"maxReplicas": 3, "connectionsPerGateway": 100}}},
            "spec.gateway.autoscaling.connectionsPerGateway must be below spec.gateway.connectionLimit (100)",
        ),
    ],
)
def test_fields_that_contradict_each_other_are_named(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        derive(**spec)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"database": {"secretRef": {"name": "pg"}}},
            "spec.database.secretRef is for Kubernetes: a local run needs spec.database.embedded",
        ),
        (
            {"gateway": {"replicas": 9}},
            "spec.database.pool.max must be at most 9 in a local run: 10 processes share 97 connections to PostgreSQL",
        ),
        (
            {"gateway": {"replicas": 200, "connectionLimit": 100}},
            "spec.gateway.replicas must be lower in a local run: 201 processes share 97 connections to PostgreSQL",
        ),
    ],
)
def test_what_one_machine_cannot_give_is_refused(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        refuse_unsupported(derive_cluster(parse_document(write_file(**spec))))
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "the file must be a mapping of: apiVersion, kind, metadata, spec, status"),
        (b"- a", "the file must be a mapping of: apiVersion, kind, metadata, spec, status"),
        (b"1: 2", "the file must be a mapping of: apiVersion, kind, metadata, spec, status"),
        (b"a: [", "the file is not YAML: line 1, column 5: "),
        (b"a: 1\n---\nb: 2", "the file is not YAML: line 2, column 1: "),
        (b"a: 2024-13-45", "the file is not YAML: month must be in 1..12"),
        (b"\xff\xfe\x00", "the file is not YAML: "),
        (b"a: !!python/object/apply:os.getcwd []", "the file is not YAML: line 1, column 4: "),
        (b"[" * 5000, "the file is nested too deeply"),
        (write_file().replace(b"NotificationCluster", b"Deployment"), 'kind must be "NotificationCluster"'),
        (write_file().replace(b"v1alpha1", b"v9"), 'apiVersion must be "notification-operator.dev/v1alpha1"'),
        (write_file().replace(b"name: demo", b"name: Demo"), "metadata.name must be a lower-case name"),
        (write_file().replace(b"name: demo", b"label: demo"), "metadata.name is missing"),
        (write_file().replace(b"spec:", b"specs:"), "specs is unknown; the file may have: apiVersion, kind, "),
    ],
)
def test_a_file_that_is_no_cluster_is_explained(text: bytes, message: str) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        parse_document(text)
    assert str(refusal.value).startswith(message)
    assert "\n" not in str(refusal.value)
