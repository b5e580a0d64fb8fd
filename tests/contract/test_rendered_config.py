"""What the operator renders, read by the programs that it renders it for: the two distributions share no code."""

import subprocess
from datetime import time
from pathlib import Path

import pytest

from notification_operator.desired import fill_secret
from notification_operator.local.supervisor import GRACE
from notification_operator.topics import ROOMS as RESERVED_FOR_ROOMS
from notifications.__main__ import build_parser
from notifications.adapters.email.connections import GOODBYE
from notifications.adapters.nats.connection import ANSWER_WITHIN, CLOSE_WITHIN
from notifications.adapters.postgres.pool import CLOSE_TIMEOUT
from notifications.channel_config import SesConfig, SmtpConfig
from notifications.config import AuthorizerConfig, GatewayConfig, TelemetryConfig, WorkerConfig, load_config
from notifications.domain.access import ROOMS, Rule
from notifications.domain.families import Family, Slow
from notifications.domain.limits import JOBS_GRACE, LAST_WORDS, SPANS_CLOSE
from notifications.domain.preferences import DigestHour
from notifications.domain.window import Window
from tests.support.nats import find_server
from tests.unit.operator.manifests import NAMES, derive_named, list_pods, read_config_maps, render_cluster


@pytest.mark.parametrize("name", NAMES)
def test_gateways_accept_their_config(name: str, tmp_path: Path) -> None:
    cluster = derive_named(name)
    config = load_config(write_file(tmp_path, name, "gateway.json"), GatewayConfig)
    assert config.connection_limit == cluster.gateway.connection_limit
    assert config.nats.replicas == len(config.nats.servers) == cluster.nats.servers


@pytest.mark.parametrize("name", NAMES)
def test_workers_and_setup_accept_their_config(name: str, tmp_path: Path) -> None:
    config = load_config(write_file(tmp_path, name, "worker.json"), WorkerConfig)
    assert config.postgres.pool_max == derive_named(name).database.pool_max


def test_what_a_cluster_says_of_its_channels_reaches_who_needs_it(tmp_path: Path) -> None:
    worker = load_config(write_file(tmp_path, "channels", "worker.json"), WorkerConfig).channels
    gateway = load_config(write_file(tmp_path, "channels", "gateway.json"), GatewayConfig).channels
    assert worker.email is not None
    assert worker.email.sender == "Shop <no-reply@example.org>"
    assert [type(provider) for provider in worker.email.providers] == [SmtpConfig, SesConfig]
    assert worker.email.unsubscribe_key_file == gateway.unsubscribe_key_file is not None
    assert worker.push.apns is not None
    assert worker.push.apns.sandbox
    assert worker.push.webpush is not None
    assert worker.push.webpush.public_key == gateway.webpush_public_key is not None
    assert worker.webhook is not None
    assert len(worker.webhook.key_files) == 2


def test_keys_and_limits_reach_gateways(tmp_path: Path) -> None:
    by_address = load_config(write_file(tmp_path, "keys-at-an-address", "gateway.json"), GatewayConfig)
    assert (by_address.auth.keys, by_address.auth.jwks_url) == ((), "https://id.example/.well-known/jwks.json")
    limited = load_config(write_file(tmp_path, "limits-and-origins", "gateway.json"), GatewayConfig)
    assert (limited.limits.connections_per_user, by_address.limits.connections_per_user) == (3, 5)
    assert (limited.limits.sends_per_minute, by_address.limits.sends_per_minute) == (20, 10)
    assert (limited.limits.broadcasts_per_minute, by_address.limits.broadcasts_per_minute) == (5, 10)


def test_both_roles_learn_when_digests_are_due(tmp_path: Path) -> None:
    worker = load_config(write_file(tmp_path, "channels", "worker.json"), WorkerConfig)
    gateway = load_config(write_file(tmp_path, "channels", "gateway.json"), GatewayConfig)
    assert gateway.digest.read() == worker.digest.read() == DigestHour(time(8, 30), weekday=4)


def test_who_reads_lists_learns_of_the_replica_and_who_drops_months_of_the_retention(tmp_path: Path) -> None:
    gateway = load_config(write_file(tmp_path, "read-replica", "gateway.json"), GatewayConfig)
    worker = load_config(write_file(tmp_path, "read-replica", "worker.json"), WorkerConfig)
    assert gateway.postgres.replica_uri_file == "/etc/notifications/secrets/readers/uri"
    assert (worker.postgres.replica_uri_file, worker.retention_days) == (None, 30)


def test_gateways_learn_whom_to_limit_and_whose_pages_may_call(tmp_path: Path) -> None:
    config = load_config(write_file(tmp_path, "limits-and-origins", "gateway.json"), GatewayConfig)
    assert config.limits.producers is not None
    assert (config.limits.producers.per_minute, config.limits.producers.burst) == (6000, 200)
    assert config.cors.origins == ("https://app.example", "http://localhost:3000")


def test_gateways_learn_of_topics_and_whom_to_ask(tmp_path: Path) -> None:
    config = load_config(write_file(tmp_path, "topics", "gateway.json"), GatewayConfig)
    assert config.auth.authorizer == AuthorizerConfig("http://authorizer.shop.svc:8080/may", 3)
    assert [topic.read() for topic in config.topics] == [
        Family("dm", max_age=30 * 86_400),
        Family("orders", Rule.AUTHORIZER, 7 * 86_400, Slow.KEEP_LATEST, max_bytes=2**20),
        Family("news", Rule.EVERYONE, window=Window(20, 50)),
    ]


def test_what_is_a_room_both_sides_know_alike() -> None:
    assert set(RESERVED_FOR_ROOMS) == set(ROOMS)


def test_both_roles_learn_how_much_to_tell_of_themselves(tmp_path: Path) -> None:
    gateway = load_config(write_file(tmp_path, "monitoring", "gateway.json"), GatewayConfig)
    worker = load_config(write_file(tmp_path, "monitoring", "worker.json"), WorkerConfig)
    assert gateway.log_level == worker.log_level == "debug"
    assert gateway.telemetry == worker.telemetry == TelemetryConfig("http://collector.tracing:4318", 0)


@pytest.mark.parametrize("name", NAMES)
def test_a_worker_is_given_more_time_to_stop_than_it_takes(name: str) -> None:
    listener, tell_the_queue, close_nats = 2.0, ANSWER_WITHIN, 2 * CLOSE_WITHIN
    longest = listener + JOBS_GRACE + LAST_WORDS + tell_the_queue + close_nats + GOODBYE + SPANS_CLOSE + CLOSE_TIMEOUT
    pods = list_pods(render_cluster(derive_named(name)))
    (pod,) = [pod["spec"] for pod in pods.values() if pod["spec"]["containers"][0]["name"] == "worker"]
    assert longest < min(pod["terminationGracePeriodSeconds"], GRACE["worker"])


def expand(argument: str) -> str:
    """Put in what the kubelet puts in."""
    return argument.replace("$(POD_NAME)", "demo-gateway-7c9d-x2lkq").replace("$(POD_IP)", "10.0.0.7")


@pytest.mark.parametrize("name", NAMES)
def test_the_command_lines_of_the_pods_are_understood(name: str) -> None:
    containers = [pod["spec"]["containers"][0] for pod in list_pods(render_cluster(derive_named(name))).values()]
    ours = [container for container in containers if container.get("command", [""])[0] == "notifications"]
    assert {container["name"] for container in ours} >= {"gateway", "worker"}
    for container in ours:
        arguments = build_parser().parse_args([*container["command"][1:], *map(expand, container["args"])])
        assert str(arguments.config.parent) in {mount["mountPath"] for mount in container["volumeMounts"]}
        heard = {"http": getattr(arguments, "port", None), "management": getattr(arguments, "management_port", None)}
        ports = {port["name"]: port["containerPort"] for port in container.get("ports", ())}
        assert ports == {role: port for role, port in heard.items() if port}


@pytest.mark.parametrize("name", NAMES)
def test_nats_accepts_its_configuration(name: str, tmp_path: Path) -> None:
    rendering = render_cluster(derive_named(name))
    (secret,) = (secret for secret in rendering.generated if secret.name.endswith("-nats-users"))
    files = {**fill_secret(secret, lambda: "secret" * 8)["stringData"], **read_config_maps(rendering)}
    for file, text in files.items():
        (tmp_path / file).write_text(text.replace('"/data"', f'"{tmp_path}"'))
    command = [str(find_server()), "-t", "--config", str(tmp_path / "nats.conf")]
    tried = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert tried.returncode == 0, tried.stderr


def write_file(folder: Path, name: str, file: str) -> Path:
    path = folder / file
    path.write_text(read_config_maps(render_cluster(derive_named(name)))[file])
    return path
