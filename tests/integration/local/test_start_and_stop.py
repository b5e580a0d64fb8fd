"""From nothing to a running cluster and back."""

import asyncio
import signal
import time
import urllib.request
from pathlib import Path

from tests.support.ports import is_listening

from .installation import Installation, Run, is_alive


async def test_a_cluster_starts_and_says_how_to_use_it(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
        url = f"http://127.0.0.1:{run.port}"
        assert f"Inbox: {url}/" in run.lines
        assert "Token of alice: token-of-alice" in run.lines
        assert "Token of bob: token-of-bob" in run.lines
        assert run.lines[-3] == (
            f"curl -X POST {url}/api/notifications -H 'Authorization: Bearer token-of-alice' "
            """-H 'Content-Type: application/json' -d '{"recipients":["bob"],"type":"message","content":"Hello"}'"""
        )
        assert "\033" not in run.text, "colours are for terminals"


async def test_the_state_names_every_process_and_its_ports(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
        state = installation.state()
        assert state["url"] == f"http://127.0.0.1:{run.port}"
        assert [(process["name"], process["role"]) for process in state["processes"]] == [
            ("gateway-0", "gateway"),
            ("gateway-1", "gateway"),
            ("worker-0", "worker"),
        ]
        assert all(is_listening(process["management"]) for process in state["processes"])
        assert all(Path(process["log"]).is_file() for process in state["processes"])
        assert is_listening(state["nats"]["port"])
        assert is_listening(state["postgres"]["port"])
        assert set(installation.pids()) == {"postgres", "nats", "gateway-0", "gateway-1", "worker-0"}
        assert all(is_alive(pid) for pid in installation.pids().values())


async def test_ctrl_c_drains_and_leaves_no_process(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
        pids = installation.pids()
        run.send(signal.SIGINT)
        assert await run.end() == 0
        assert run.complaints == ""
        assert not any(is_alive(pid) for pid in pids.values())
        assert not (installation.data / "state.json").exists()
        assert "gateway-0 drained" in installation.last_words("gateway-0")
        assert "database system is shut down" in installation.last_words("postgres")
        stopped = [line.split()[0] for line in run.lines if line.endswith(" stopped")]
        assert stopped == ["gateways", "workers", "nats", "postgres"]


async def test_a_second_ctrl_c_kills_at_once(installation: Installation) -> None:
    installation.behave({"gateway-0": {"stubborn": True}})
    async with Run(installation) as run:
        await run.ready()
        pids = installation.pids()
        run.send(signal.SIGINT)
        await run.said("gateways   stopping")
        await asyncio.sleep(0.6)  # an earlier one counts as the same keystroke
        begin = time.monotonic()
        run.send(signal.SIGINT)
        assert await run.end() == 0
        assert time.monotonic() - begin < 5
        assert "Killing every process." in run.text
        assert run.complaints == ""
        assert not any(is_alive(pid) for pid in pids.values())


async def test_ctrl_c_during_the_start_leaves_no_process(installation: Installation) -> None:
    installation.behave({"gateway-0": {"unready": True}})
    async with Run(installation) as run:
        await run.said("still waiting")
        assert "gateway-0  still waiting: GET http://127.0.0.1:" in run.text
        assert "/readyz answers 503 (2 s)" in run.text
        pids = installation.pids()
        run.send(signal.SIGINT)
        assert await run.end() == 0
        assert len(pids) == 5
        assert not any(is_alive(pid) for pid in pids.values())


async def test_the_next_start_keeps_the_data_and_is_quick(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
    system = (installation.data / "postgres/global/pg_control").stat().st_ino
    secrets = _read_secrets(installation)
    begin = time.monotonic()
    async with Run(installation) as run:
        await run.ready()
        assert time.monotonic() - begin < 10
        assert "making a new database" not in run.text
    assert (installation.data / "postgres/global/pg_control").stat().st_ino == system
    assert _read_secrets(installation) == secrets
    assert (installation.data / "log/previous/gateway-0.log").is_file()


async def test_a_wiped_nats_store_is_made_again(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
    for entry in sorted((installation.data / "nats").rglob("*"), reverse=True):
        entry.rmdir() if entry.is_dir() else entry.unlink()
    (installation.data / "nats").rmdir()
    async with Run(installation) as run:
        await run.ready()
        assert (installation.data / "nats/jetstream").is_dir()


async def test_nats_answers_that_jetstream_is_healthy(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
        url = f"http://127.0.0.1:{installation.state()['nats']['monitoring']}/healthz?js-enabled-only=true"
        answer = await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=5).read())
        assert b'"status":"ok"' in answer.replace(b" ", b"")


def _read_secrets(installation: Installation) -> dict[str, str]:
    names = ("jwt-demo.key", "nats-gateway", "nats-worker", "postgres-password")
    return {name: (installation.data / "secrets" / name).read_text() for name in names}
