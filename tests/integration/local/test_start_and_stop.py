"""From nothing to a running cluster and back."""

import signal
import time

from tests.support.process_table import is_alive
from tests.support.waiting import eventually

from .installation import Installation, Run


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
        await eventually(lambda: _insist(run), what="the second signal, which counts a moment after the first")
        begin = time.monotonic()
        assert await run.end() == 0
        assert time.monotonic() - begin < 5
        assert run.complaints == ""
        assert not any(is_alive(pid) for pid in pids.values())


async def test_ctrl_c_during_the_start_leaves_no_process(installation: Installation) -> None:
    installation.behave({"gateway-0": {"unready": True}})
    async with Run(installation) as run:
        await run.said("gateway-0  still waiting: GET http://127.0.0.1:")
        await run.said("/readyz answers 503 (")
        pids = installation.pids()
        run.send(signal.SIGINT)
        assert await run.end() == 0
        assert len(pids) == 5
        assert not any(is_alive(pid) for pid in pids.values())


async def test_the_next_start_keeps_the_data(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
    system = (installation.data / "postgres/global/pg_control").stat().st_ino
    secrets = _read_secrets(installation)
    async with Run(installation) as run:
        await run.ready()
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


def _insist(run: Run) -> bool:
    if "Killing every process." in run.text:
        return True
    run.send(signal.SIGINT)
    return False


def _read_secrets(installation: Installation) -> dict[str, str]:
    names = ("jwt-demo.key", "nats-gateway", "nats-worker", "postgres-password")
    return {name: (installation.data / "secrets" / name).read_text() for name in names}
