"""The state file: its content, and what is read back from it."""

from pathlib import Path

import pytest

from notification_operator.local.state import Life, RecordedProcess, read_recorded, render_state, write_state
from notification_operator.topology import derive_topology

from .clusters import derive, make_machine


def test_the_state_names_every_process_its_ports_and_its_log() -> None:
    cluster = derive(gateway={"replicas": 1})
    machine = make_machine(cluster)
    topology = derive_topology(cluster, machine)
    lives = [
        Life(topology.postgres, 11, 0),
        Life(topology.nats, 12, 3),
        Life(topology.gateways[0], 13, 0),
        Life(topology.workers[0], None, 1),
    ]
    assert render_state("demo", machine, lives) == {
        "name": "demo",
        "url": "http://127.0.0.1:8080",
        "processes": [
            {
                "name": "gateway-0",
                "role": "gateway",
                "pid": 13,
                "management": 9000,
                "internal": 9100,
                "log": "/data/log/gateway-0.log",
                "restarts": 0,
            },
            {
                "name": "worker-0",
                "role": "worker",
                "pid": None,
                "management": 9001,
                "internal": None,
                "log": "/data/log/worker-0.log",
                "restarts": 1,
            },
        ],
        "nats": {
            "pid": 12,
            "log": "/data/log/nats.log",
            "restarts": 3,
            "port": 4222,
            "monitoring": 8222,
            "store": "/data/nats",
        },
        "postgres": {
            "pid": 11,
            "log": "/data/log/postgres.log",
            "restarts": 0,
            "port": 5432,
            "data": "/data/postgres",
        },
    }


def test_the_processes_of_an_earlier_run_are_read_back(tmp_path: Path) -> None:
    cluster = derive(gateway={"replicas": 1})
    machine = make_machine(cluster)
    topology = derive_topology(cluster, machine)
    lives = [Life(topology.nats, 12, 0), Life(topology.gateways[0], 13, 0), Life(topology.workers[0], None, 0)]
    write_state(tmp_path / "state.json", render_state("demo", machine, lives))
    assert read_recorded(tmp_path / "state.json") == (
        RecordedProcess("gateway-0", 13),
        RecordedProcess("worker-0", None),
        RecordedProcess("nats", 12),
    )


@pytest.mark.parametrize("text", ["", "{", "[]", '{"processes": [{"name": 1}]}'])
def test_an_unreadable_state_names_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)
    assert read_recorded(tmp_path / "state.json") == ()
    assert read_recorded(tmp_path / "absent.json") == ()
