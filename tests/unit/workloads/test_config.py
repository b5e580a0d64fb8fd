"""A wrong configuration is refused at start with one line that names the file and the field."""

import json
from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from notifications.config import (
    AuthorizerConfig,
    GatewayConfig,
    WorkerConfig,
    load_any_config,
    load_config,
    read_secret,
)
from notifications.domain.access import Rule
from notifications.domain.errors import Misconfigured
from notifications.domain.families import Family, Slow
from notifications.domain.jobs import Queue
from notifications.domain.preferences import DEFAULT_DIGEST, DigestHour
from notifications.domain.window import Window

POSTGRES = {"uriFile": "/run/postgres-uri"}
NATS = {"servers": ["nats://127.0.0.1:4222"], "user": "gateway", "passwordFile": "/run/nats"}
AUTH = {"issuer": "us", "audience": "us", "keys": [{"id": "demo", "algorithm": "HS256", "file": "/run/key"}]}
GATEWAY: dict[str, Any] = {"role": "gateway", "postgres": POSTGRES, "nats": NATS, "auth": AUTH}
WORKER: dict[str, Any] = {"role": "worker", "postgres": POSTGRES, "nats": NATS}
NEWS = {"family": "news", "authorize": "everyone"}

Write = Callable[[object], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(document: object) -> Path:
        path = tmp_path / "config.json"
        path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        return path

    return write


def test_a_short_gateway_file_has_defaults(write: Write) -> None:
    config = load_config(write(GATEWAY), GatewayConfig)
    assert not config.demo
    assert config.connection_limit == 10_000
    assert (config.postgres.pool_min, config.postgres.pool_max) == (2, 10)
    assert config.nats.replicas == 1
    assert config.limits.producers is None
    assert config.auth.keys[0].file == "/run/key"
    assert config.limits.producers is None
    assert config.cors.origins == ()


def test_a_worker_serves_each_queue_by_default(write: Write) -> None:
    config = load_config(write(WORKER), WorkerConfig)
    assert config.queues == {Queue.HIGH: 10, Queue.NORMAL: 20, Queue.LOW: 5}


def test_what_is_set_is_taken(write: Write) -> None:
    document = {**WORKER, "queues": {"high": 1}, "nats": {**NATS, "replicas": 3}}
    config = load_config(write(document), WorkerConfig)
    assert config.queues == {Queue.HIGH: 1}
    assert config.nats.replicas == 3


def test_months_are_kept_for_ninety_days_unless_set(write: Write) -> None:
    assert load_config(write(WORKER), WorkerConfig).retention_days == 90
    assert load_config(write({**WORKER, "retentionDays": 1}), WorkerConfig).retention_days == 1


@pytest.mark.parametrize("document", [GATEWAY, WORKER], ids=["gateway", "worker"])
def test_digests_are_due_on_monday_at_nine_unless_set(write: Write, document: dict[str, Any]) -> None:
    assert load_any_config(write(document)).digest.read() == DEFAULT_DIGEST
    document = {**document, "digest": {"hour": "23:59", "weekday": "sunday"}}
    assert load_any_config(write(document)).digest.read() == DigestHour(time(23, 59), weekday=6)


@pytest.mark.parametrize("digest", [{"hour": "9:00"}, {"hour": "24:00"}, {"hour": "09:00\n"}, {"weekday": 0}], ids=str)
def test_digests_are_due_at_a_time_of_day(write: Write, digest: object) -> None:
    with pytest.raises(Misconfigured, match=r"digest\.(hour|weekday)"):
        load_config(write({**WORKER, "digest": digest}), WorkerConfig)


@pytest.mark.parametrize("days", [0, -1, 1.5, "90", 36_501, None], ids=str)
def test_months_are_kept_for_a_day_at_least(write: Write, days: object) -> None:
    with pytest.raises(Misconfigured, match="retentionDays"):
        load_config(write({**WORKER, "retentionDays": days}), WorkerConfig)


def test_both_roles_may_have_a_read_replica(write: Write) -> None:
    replicated = {"postgres": {**POSTGRES, "replicaUriFile": "/run/replica-uri"}}
    gateway, worker = ({**document, **replicated} for document in (GATEWAY, WORKER))
    assert load_config(write(GATEWAY), GatewayConfig).postgres.replica_uri_file is None
    assert load_config(write(gateway), GatewayConfig).postgres.replica_uri_file == "/run/replica-uri"
    assert load_config(write(worker), WorkerConfig).postgres.replica_uri_file == "/run/replica-uri"


def _with_authorizer(**authorizer: object) -> dict[str, Any]:
    return {**GATEWAY, "auth": {**AUTH, "authorizer": authorizer}}


def _with_topics(*topics: dict[str, Any]) -> dict[str, Any]:
    return {**GATEWAY, "topics": topics}


def test_families_of_topics_and_who_decides_are_taken(write: Write) -> None:
    orders = {"family": "orders", "authorize": "authorizer", "maxAgeSeconds": 60}
    batched = {**NEWS, "family": "prices", "batch": {"messages": 50}}
    topics = [
        {"family": "dm", "maxAgeSeconds": 5, "batch": {}},
        {**orders, "slowConsumer": "dropOldest", "maxBytes": 1024},
        NEWS,
        batched,
    ]
    document = {**_with_authorizer(url="http://may.internal/"), "topics": topics}
    config = load_config(write(document), GatewayConfig)

    assert config.auth.authorizer == AuthorizerConfig("http://may.internal/", 2.0)
    assert [topic.read() for topic in config.topics] == [
        Family("dm", max_age=5, window=Window(10, 100)),
        Family("orders", Rule.AUTHORIZER, 60, Slow.DROP_OLDEST, max_bytes=1024),
        Family("news", Rule.EVERYONE),
        Family("prices", Rule.EVERYONE, window=Window(50, 100)),
    ]
    assert load_config(write(GATEWAY), GatewayConfig).topics == ()


WRONG: dict[str, tuple[object, str]] = {
    "nothing": (b"", "truncated"),
    "not JSON": (b"{role: gateway}", "malformed"),
    "not UTF-8": (b'{"role":"\xff"}', "wrong"),
    "a list": ([], "object"),
    "no role": ({**GATEWAY, "role": None}, "role"),
    "the role of another": ({**GATEWAY, "role": "worker"}, "role"),
    "no postgres": ({**GATEWAY, "postgres": None}, "postgres"),
    "a field too many": ({**GATEWAY, "port": 8080}, "port"),
    "a field in another spelling": ({**GATEWAY, "connection_limit": 1}, "connection_limit"),
    "the pool as text": ({**GATEWAY, "postgres": {**POSTGRES, "poolMax": "10"}}, "postgres.poolMax"),
    "a pool of none": ({**GATEWAY, "postgres": {**POSTGRES, "poolMin": 0}}, "postgres.poolMin"),
    "a pool upside down": ({**GATEWAY, "postgres": {**POSTGRES, "poolMin": 11}}, "poolMin 11 is greater than poolMax"),
    "the URI itself": ({**GATEWAY, "postgres": {"uri": "postgresql://u:secret@h/d"}}, "uri"),
    "no server": ({**GATEWAY, "nats": {**NATS, "servers": []}}, "nats.servers"),
    "a server that is no text": ({**GATEWAY, "nats": {**NATS, "servers": [4222]}}, "nats.servers[0]"),
    "two replicas": ({**GATEWAY, "nats": {**NATS, "replicas": 2}}, "nats.replicas"),
    "no key": ({**GATEWAY, "auth": {**AUTH, "keys": []}}, "auth.keys"),
    "a key without file": ({**GATEWAY, "auth": {**AUTH, "keys": [{"id": "a", "algorithm": "HS256"}]}}, "auth.keys[0]"),
    "a key without name": ({**GATEWAY, "auth": {**AUTH, "keys": [{**AUTH["keys"][0], "id": ""}]}}, "auth.keys[0].id"),  # type: ignore[dict-item]
    "no connection": ({**GATEWAY, "connectionLimit": 0}, "connectionLimit"),
    "limits of nobody": ({**GATEWAY, "limits": {"readers": {}}}, "readers"),
    "a rate of nothing": ({**GATEWAY, "limits": {"producers": {"perMinute": 0}}}, "limits.producers.perMinute"),
    "a burst without a rate": ({**GATEWAY, "limits": {"producers": {"burst": 5}}}, "perMinute"),
    "a burst of nothing": ({**GATEWAY, "limits": {"producers": {"perMinute": 5, "burst": 0}}}, "producers.burst"),
    "a limit of nothing": ({**GATEWAY, "limits": {"producers": {"perMinute": 0}}}, "limits.producers.perMinute"),
    "no sends at all": ({**GATEWAY, "limits": {"sendsPerMinute": 0}}, "limits.sendsPerMinute"),
    "too many broadcasts": ({**GATEWAY, "limits": {"broadcastsPerMinute": 1001}}, "limits.broadcastsPerMinute"),
    "a limit that nobody knows": ({**GATEWAY, "limits": {"users": 5}}, "users"),
    "every origin": ({**GATEWAY, "cors": {"origins": ["*"]}}, "cors.origins"),
    "an origin with a path": ({**GATEWAY, "cors": {"origins": ["https://app.example/"]}}, "cors.origins"),
    "an authorizer without address": (_with_authorizer(), "auth.authorizer"),
    "an authorizer by mail": (_with_authorizer(url="mailto:a@b.example"), "url must be an http:// or https:// address"),
    "an authorizer with a login": (_with_authorizer(url="https://u:secret@h/"), "url must be an http:// or https://"),
    "an authorizer without time": (_with_authorizer(url="http://a", timeoutSeconds=0), "authorizer.timeoutSeconds"),
    "an authorizer with patience": (_with_authorizer(url="http://a", timeoutSeconds=31), "authorizer.timeoutSeconds"),
    "a family without name": (_with_topics({"authorize": "everyone"}), "topics[0]"),
    "a family of two tokens": (_with_topics({"family": "a.b", "authorize": "everyone"}), "topics[0].family"),
    "a family for nobody": (_with_topics({"family": "orders"}), "must have authorize"),
    "a family of an unknown rule": (_with_topics({"family": "orders", "authorize": "friends"}), "topics[0].authorize"),
    "rooms with another rule": (
        _with_topics({"family": "dm", "authorize": "everyone"}),
        "dm must have authorize unless",
    ),
    "notifications as topics": (_with_topics({"family": "inbox", "authorize": "everyone"}), "inbox"),
    "a family of no time": (_with_topics({**NEWS, "maxAgeSeconds": 0}), "topics[0].maxAgeSeconds"),
    "a family of no size": (_with_topics({**NEWS, "maxBytes": 0}), "topics[0].maxBytes"),
    "a family that waits": (_with_topics({**NEWS, "slowConsumer": "wait"}), "topics[0].slowConsumer"),
    "a family of large batches": (_with_topics({**NEWS, "batch": {"messages": 51}}), "topics[0].batch.messages"),
    "a family of small batches": (_with_topics({**NEWS, "batch": {"messages": 9}}), "topics[0].batch.messages"),
    "a family of late batches": (_with_topics({**NEWS, "batch": {"milliseconds": 101}}), "batch.milliseconds"),
    "a family of batches at once": (_with_topics({**NEWS, "batch": {"milliseconds": 0}}), "batch.milliseconds"),
    "a family twice": (_with_topics(NEWS, NEWS), "different family"),
    "a family without authorizer": (
        _with_topics({"family": "orders", "authorize": "authorizer"}),
        "need auth.authorizer",
    ),
    "demo as text": ({**GATEWAY, "demo": "yes"}, "demo"),
}


@pytest.mark.parametrize(("document", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_gateway_file_is_refused_by_name(write: Write, document: object, told: str) -> None:
    path = write(document)
    with pytest.raises(Misconfigured) as refusal:
        load_config(path, GatewayConfig)
    line = str(refusal.value)
    assert line.startswith(f"the configuration {path} is wrong: ")
    assert told in line
    assert "\n" not in line
    assert "secret" not in line


@pytest.mark.parametrize("queues", [{"urgent": 1}, {"high": 0}, {"high": "1"}, {"high": -1}, {}, []], ids=str)
def test_queues_are_those_that_exist_and_serve_a_job_at_least(write: Write, queues: object) -> None:
    with pytest.raises(Misconfigured, match="queues"):
        load_config(write({**WORKER, "queues": queues}), WorkerConfig)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"absent\.json cannot be read: No such file"):
        load_config(tmp_path / "absent.json", GatewayConfig)


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read: Is a directory"):
        load_config(tmp_path, WorkerConfig)


def test_a_secret_is_read_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    assert read_secret(str(tmp_path / "secret")) == "s3cret"


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff"], ids=["nothing", "blanks", "no text"])
def test_a_secret_that_cannot_be_used_is_named_by_its_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(Misconfigured, match="/secret"):
        read_secret(str(tmp_path / "secret"))


def test_a_secret_that_is_missing_is_named_by_its_file(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="/absent cannot be read"):
        read_secret(str(tmp_path / "absent"))
