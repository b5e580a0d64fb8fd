"""The processes of a cluster; the golden files hold every config file and command line of the demo sample."""

import json
import signal
from pathlib import Path

import pytest

from notification_operator.nats_config import PERMISSIONS, render_nats_config
from notification_operator.spec import ClusterSpec, derive_cluster, parse_document
from notification_operator.topology import Topology, derive_nats_place, derive_postgres_uri, derive_topology

from .clusters import GOLDEN, SAMPLES, derive, make_machine

UPDATE = "to accept it, write it to the golden file"


@pytest.fixture
def demo() -> ClusterSpec:
    return derive_cluster(parse_document((SAMPLES / "demo.yaml").read_bytes()))


@pytest.fixture
def topology(demo: ClusterSpec) -> Topology:
    return derive_topology(demo, make_machine(demo))


@pytest.mark.parametrize("role", ["gateway", "worker"])
def test_a_workload_reads_this_config(topology: Topology, role: str) -> None:
    config = topology.configs[Path(f"/data/config/{role}.json")]
    assert config == json.loads((GOLDEN / f"{role}.json").read_text()), UPDATE


def test_nats_reads_this_config(demo: ClusterSpec) -> None:
    place = derive_nats_place(demo, make_machine(demo))
    config = render_nats_config(demo.nats, place, {"gateway": "secret of gateway", "worker": "secret of worker"})
    assert config == (GOLDEN / "nats.conf").read_text(), UPDATE


def test_these_command_lines_are_run(topology: Topology) -> None:
    processes = (topology.postgres, topology.nats, topology.setup, *topology.gateways, *topology.workers)
    lines = "".join(f"{process.name}: {' '.join(process.argv)}\n" for process in processes)
    assert lines == (GOLDEN / "command-lines.txt").read_text(), UPDATE


def test_deriving_twice_gives_the_same(demo: ClusterSpec) -> None:
    assert derive_topology(demo, make_machine(demo)) == derive_topology(demo, make_machine(demo))


def test_replicas_have_names_ports_and_logs_of_their_own() -> None:
    cluster = derive(gateway={"replicas": 3}, worker={"replicas": 2})
    topology = derive_topology(cluster, make_machine(cluster))
    workloads = (*topology.gateways, *topology.workers)
    assert [process.name for process in workloads] == ["gateway-0", "gateway-1", "gateway-2", "worker-0", "worker-1"]
    ports = [port for process in workloads for port in (process.management, process.internal) if port]
    assert len(ports) == len(set(ports)) == 8
    assert len({process.log for process in workloads}) == 5


def test_postgres_is_asked_to_stop_without_waiting_for_its_clients(topology: Topology) -> None:
    assert topology.postgres.stop_signal is signal.SIGINT


def test_keys_of_a_cluster_keep_their_order_and_lie_apart_from_generated_secrets() -> None:
    keys = [
        {"id": name, "algorithm": "RS256", "secretRef": {"name": "nats-gateway", "key": f"{name}.pem"}}
        for name in ("new", "old")
    ]
    cluster = derive(auth={"keys": keys})
    config = derive_topology(cluster, make_machine(cluster)).configs[Path("/data/config/gateway.json")]
    assert config["auth"]["keys"] == [
        {"id": "new", "algorithm": "RS256", "file": "/data/secrets/given/nats-gateway/new.pem"},
        {"id": "old", "algorithm": "RS256", "file": "/data/secrets/given/nats-gateway/old.pem"},
    ]


def test_no_config_file_of_a_workload_holds_a_password(topology: Topology) -> None:
    for config in topology.configs.values():
        assert set(config["nats"]) == {"servers", "user", "passwordFile", "replicas"}
        assert set(config["postgres"]) == {"uriFile", "poolMin", "poolMax"}


def test_a_password_is_quoted_in_the_address_of_postgres() -> None:
    assert derive_postgres_uri(5432, "a/b@c") == "postgresql://notifications:a%2Fb%40c@127.0.0.1:5432/notifications"


def test_what_the_server_tells_of_topics_is_told_by_nobody_else() -> None:
    for role in PERMISSIONS:
        publish = PERMISSIONS[role]["publish"]
        assert not [subject for subject in publish if subject.startswith(("ntf.live", "ntf.>", "ntf.*", ">", "*"))]


def test_no_role_may_use_all_of_jetstream_or_read_the_answers_to_another() -> None:
    for role, verbs in PERMISSIONS.items():
        subjects = [subject for allowed in verbs.values() for subject in allowed]
        assert not {">", "ntf.>", "_INBOX.>", "$JS.>", "$JS.API.>", "$JS.ACK.>", "$KV.>"}.intersection(subjects)
        assert [subject for subject in subjects if subject.startswith("_INBOX")] == [f"_INBOX.{role}.>"] * 2
