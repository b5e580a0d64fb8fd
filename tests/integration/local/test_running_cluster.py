"""What holds while a cluster runs; one is shared, since none of these tests disturbs it."""

import asyncio
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import nats
import pytest
import pytest_asyncio

from tests.support.ports import is_listening
from tests.support.process_table import is_alive
from tests.support.waiting import eventually

from .installation import Run, install

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Run]:
    async with Run(install(tmp_path_factory.mktemp("shared") / "installation")) as run:
        await run.ready()
        yield run


async def test_a_cluster_starts_and_says_how_to_use_it(cluster: Run) -> None:
    url = f"http://127.0.0.1:{cluster.port}"
    assert f"Inbox: {url}/" in cluster.lines
    assert "Token of alice: token-of-alice" in cluster.lines
    assert "Token of bob: token-of-bob" in cluster.lines
    assert cluster.lines[-3] == (
        f"curl -X POST {url}/api/notifications -H 'Authorization: Bearer token-of-alice' "
        """-H 'Content-Type: application/json' -d '{"recipients":["bob"],"type":"message","content":"Hello"}'"""
    )
    assert "\033" not in cluster.text, "colours are for terminals"


async def test_the_state_names_every_process_and_its_ports(cluster: Run) -> None:
    state = cluster.installation.state()
    assert state["url"] == f"http://127.0.0.1:{cluster.port}"
    assert [(process["name"], process["role"]) for process in state["processes"]] == [
        ("gateway-0", "gateway"),
        ("gateway-1", "gateway"),
        ("worker-0", "worker"),
    ]
    assert all(is_listening(process["management"]) for process in state["processes"])
    assert all(Path(process["log"]).is_file() for process in state["processes"])
    assert is_listening(state["nats"]["port"])
    assert is_listening(state["postgres"]["port"])
    assert set(cluster.installation.pids()) == {"postgres", "nats", "gateway-0", "gateway-1", "worker-0"}
    assert all(is_alive(pid) for pid in cluster.installation.pids().values())


async def test_nats_answers_that_jetstream_is_healthy(cluster: Run) -> None:
    url = f"http://127.0.0.1:{cluster.installation.state()['nats']['monitoring']}/healthz?js-enabled-only=true"
    answer = await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=5).read())
    assert b'"status":"ok"' in answer.replace(b" ", b"")


async def test_no_secret_is_in_a_command_line_an_environment_a_log_or_the_state(cluster: Run) -> None:
    secrets = [
        (cluster.installation.data / "secrets" / name).read_bytes().strip()
        for name in ("jwt-demo.key", "nats-gateway", "nats-worker", "postgres-password")
    ]
    seen = [Path(f"/proc/{pid}/{part}").read_bytes() for pid in _all_pids(cluster) for part in ("cmdline", "environ")]
    data = cluster.installation.data
    seen += [path.read_bytes() for path in _all_files(data / "log", data / "config")]
    seen += [(data / "state.json").read_bytes(), cluster.text.encode()]
    assert all(len(secret) >= 32 for secret in secrets)
    assert not [secret for secret in secrets for text in seen if secret in text]


async def test_secret_files_are_for_their_owner_only(cluster: Run) -> None:
    folder = cluster.installation.data / "secrets"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


async def test_the_workloads_role_owns_its_database_and_nothing_more(cluster: Run) -> None:
    connection = await asyncpg.connect((cluster.installation.data / "secrets/postgres-uri").read_text().strip())
    try:
        rights = "select rolsuper or rolcreaterole or rolcreatedb from pg_roles where rolname = current_user"
        assert await connection.fetchval(rights) is False
        assert await connection.fetchval("show fsync") == "on"
        assert await connection.fetchval("show synchronous_commit") == "on"
        await connection.execute("create table mine (id int)")
    finally:
        await connection.close()


async def test_the_database_lets_nobody_in_without_the_password(cluster: Run) -> None:
    port = cluster.installation.state()["postgres"]["port"]
    for user in ("notifications", "postgres"):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(host="127.0.0.1", port=port, user=user, password="guess", database="postgres")


@pytest.mark.parametrize("role", ["gateway", "worker"])
async def test_a_role_reaches_only_the_subjects_it_needs(cluster: Run, role: str) -> None:
    refused: list[str] = []

    async def note(error: Exception) -> None:
        refused.append(str(error))

    port = cluster.installation.state()["nats"]["port"]
    password = (cluster.installation.data / f"secrets/nats-{role}").read_text().strip()
    client = await nats.connect(f"nats://127.0.0.1:{port}", user=role, password=password, error_cb=note)
    forbidden = ["other.subject", "ntf.live.acme.room.1", "$JS.API.STREAM.DELETE.NTF_JOBS"]
    for subject in ("ntf.jobs.normal.websocket", "ntf.inbox.acme.alice", *forbidden):
        await client.publish(subject, b"")
    await eventually(lambda: len(refused) == len(forbidden), what="the refusals")
    for subject, line in zip(forbidden, refused, strict=True):
        assert f'permissions violation for publish to "{subject.lower()}"' in line.lower()
    await client.close()


async def test_nats_lets_nobody_in_without_a_password(cluster: Run) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", cluster.installation.state()["nats"]["port"])
    writer.write(b'CONNECT {"verbose":false}\r\nPING\r\n')
    answers = (await reader.read()).splitlines()
    writer.close()
    await writer.wait_closed()
    assert answers[-1] == b"-ERR 'Authorization Violation'"


def _all_pids(run: Run) -> list[int]:
    assert run.process
    return [run.process.pid, *run.installation.pids().values()]


def _all_files(*folders: Path) -> list[Path]:
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]
