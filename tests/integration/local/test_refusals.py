"""What a user can put right ends with one line and exit code 2, and leaves nothing behind."""

import os
import socket
from pathlib import Path

import pytest

from .installation import DEMO, Installation, Run


async def refusal_of(run: Run) -> str:
    """The one line that a run ends with."""
    async with run:
        assert await run.end() == 2
        assert "Traceback" not in run.complaints
        (line,) = run.complaints.splitlines()
        return line


async def test_a_taken_port_is_named_with_a_way_out(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert await refusal_of(Run(installation, port=port)) == (
            f"notification-operator: port {port} on 127.0.0.1 is taken by another program: "
            f"stop it or run with PORT={port + 1} make run"
        )


async def test_a_port_that_another_program_would_share_counts_as_taken(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as other:
        line = await refusal_of(Run(installation, port=other.getsockname()[1]))
        assert "is taken by another program" in line


async def test_a_second_run_in_the_same_folder_is_refused(installation: Installation) -> None:
    async with Run(installation) as first:
        await first.ready()
        assert first.process
        line = await refusal_of(Run(installation))
        assert line == (
            f"notification-operator: .local is in use by another run (process {first.process.pid}): "
            "stop it first, or use another folder"
        )
        assert len(installation.pids()) == 5


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("replicas: two", "spec.gateway.replicas must be a whole number from 1 to 500"),
        ("replica: 2", "spec.gateway.replica is unknown; spec.gateway may have: replicas, autoscaling, "),
        ("replicas: 20", "spec.database.pool.max must be at most 4 in a local run: 21 processes share 97 connections"),
        ("replicas: [", "the file is not YAML: line 16, column 13: "),
    ],
)
async def test_a_broken_file_is_explained(installation: Installation, wrong: str, right: str) -> None:
    file = installation.work / "broken.yaml"
    file.write_text(DEMO.read_text().replace("replicas: 2", wrong))
    line = await refusal_of(Run(installation, file=file))
    assert line.startswith(f"notification-operator: {file}: {right}")
    assert not installation.data.exists()


async def test_a_file_that_is_not_there_is_named(installation: Installation) -> None:
    line = await refusal_of(Run(installation, file=Path("nowhere.yaml")))
    assert line == "notification-operator: nowhere.yaml: No such file or directory"


@pytest.mark.parametrize("program", ["notifications", "nats-server"])
async def test_a_missing_program_is_named_with_a_way_to_get_it(installation: Installation, program: str) -> None:
    (installation.home / "bin" / program).unlink()
    line = await refusal_of(Run(installation))
    assert f"{program} was not found: install it with " in line
    assert line.endswith(", or start with make run")


async def test_a_folder_that_cannot_be_made_is_named(installation: Installation) -> None:
    installation.data.write_text("in the way")
    line = await refusal_of(Run(installation))
    assert line == f"notification-operator: {installation.data}: File exists"


async def test_a_workload_that_refuses_its_config_ends_the_start(installation: Installation) -> None:
    installation.behave({"gateway-1": {"exit": 2, "say": "notifications: gateway.json: auth.keys is empty"}})
    async with Run(installation) as run:
        assert await run.end() == 2
        assert run.complaints == "notification-operator: gateway-1: notifications: gateway.json: auth.keys is empty\n"
        assert run.lines[-1] == "  postgres   stopped"


async def test_a_setup_that_fails_is_reported_with_its_last_words(installation: Installation) -> None:
    installation.behave({"setup": {"exit": 1, "say": '{"level": "ERROR", "message": "migration 3 failed"}'}})
    async with Run(installation) as run:
        assert await run.end() == 1
        assert run.complaints == (
            "notification-operator: setup ended with exit code 1: migration 3 failed (log: .local/log/setup.log)\n"
        )


async def test_data_of_another_account_is_left_alone(installation: Installation) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    (installation.data / "postgres").mkdir(parents=True)
    os.chown(installation.data / "postgres", 12345, 12345)
    async with Run(installation) as run:
        assert await run.end() == 2
        assert ".local/postgres belongs to another account (user id 12345, not 65534)" in run.complaints


async def test_what_a_local_run_ignores_is_said_in_one_line(installation: Installation) -> None:
    file = installation.work / "rich.yaml"
    file.write_text(
        DEMO.read_text().replace("spec:\n", "spec:\n  image: registry.example/notifications:1\n  tls: {}\n")
    )
    async with Run(installation, file=file) as run:
        await run.said("making a new database")
        assert run.lines[0] == "A local run ignores spec.image, spec.tls"
