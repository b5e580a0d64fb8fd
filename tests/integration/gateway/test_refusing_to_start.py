"""A process that cannot serve says why in one line and ends with code 2; nobody has to read a traceback."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.ports import free_port
from tests.support.secret import write_secret
from tests.support.stack import Stack
from tests.support.workload import command


async def run(role: str, config: Path, *words: str) -> tuple[int, str]:
    """Run a process that should end by itself; return its exit code and what it said that is no log."""
    named = [] if role == "setup" else ["--id", f"{role}-x", "--management-port", str(free_port())]
    done = await asyncio.to_thread(
        subprocess.run,
        command(role, "--config", str(config), *named, *words),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, "".join(line for line in done.stderr.splitlines(True) if not line.startswith("{"))


def changed(stack: Stack, folder: Path, role: str, **changes: dict[str, object]) -> Path:
    """The configuration of a role with changes in its sections."""
    document: dict[str, Any] = json.loads(stack.config(role).read_text())
    for section, fields in changes.items():
        document[section] = {**document[section], **fields}
    path = folder / f"{role}.json"
    path.write_text(json.dumps(document))
    return path


async def test_a_public_port_that_is_taken_is_named(stack: Stack) -> None:
    port = stack.internal_url("gateway-0").rpartition(":")[2]
    code, told = await run("gateway", stack.config("gateway"), "--port", port)
    assert code == 2
    assert told.startswith(f"notifications: 127.0.0.1:{port} cannot be listened on: ")
    assert told.count("\n") == 1


@pytest.mark.parametrize("role", ["gateway", "worker"])
async def test_a_management_port_that_is_taken_is_named(stack: Stack, role: str) -> None:
    port = stack.management_url("worker-0").rpartition(":")[2]
    words = ["--port", str(free_port())] if role == "gateway" else []
    code, told = await run(role, stack.config(role), *words, "--management-port", port)
    assert (code, told.count("\n")) == (2, 1)
    assert f"127.0.0.1:{port} cannot be listened on" in told


@pytest.mark.parametrize("role", ["setup", "worker", "gateway"])
async def test_a_wrong_password_of_the_database_is_told(stack: Stack, tmp_path: Path, role: str) -> None:
    write_secret(
        tmp_path / "uri", stack.database.replace("postgres:", "postgres:wrong-", 1).replace("ql:wrong-", "ql:")
    )
    config = changed(
        stack, tmp_path, "worker" if role == "setup" else role, postgres={"uriFile": str(tmp_path / "uri")}
    )
    code, told = await run(role, config)
    assert (code, told.count("\n")) == (2, 1)
    assert "password authentication failed" in told


@pytest.mark.parametrize("role", ["worker", "gateway"])
async def test_a_database_without_setup_is_told(stack: Stack, tmp_path: Path, role: str) -> None:
    empty = stack.postgres.create_database()
    write_secret(tmp_path / "uri", empty)
    code, told = await run(role, changed(stack, tmp_path, role, postgres={"uriFile": str(tmp_path / "uri")}))
    stack.postgres.drop_database(empty)
    assert (code, told.count("\n")) == (2, 1)
    assert "notifications setup" in told
