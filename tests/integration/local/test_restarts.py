"""A process that dies comes back."""

import os
import signal
import socket

from tests.support.process_table import is_alive
from tests.support.waiting import eventually

from .installation import Installation, Run


async def test_a_dead_worker_is_restarted_with_backoff(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
        first = installation.pids()["worker-0"]
        os.kill(first, signal.SIGKILL)
        await run.said("worker-0 was killed by SIGKILL (log: .local/log/worker-0.log); starting it again in 1 s")
        await run.said("worker-0   is back")
        second = installation.pids()["worker-0"]
        os.kill(second, signal.SIGKILL)
        await run.said("; starting it again in 2 s")
        await eventually(lambda: installation.pids().get("worker-0", second) != second, what="a third worker")
        restarts = {process["name"]: process["restarts"] for process in installation.state()["processes"]}
        assert restarts == {"gateway-0": 0, "gateway-1": 0, "worker-0": 2}


async def test_a_restarted_process_keeps_its_ports(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
        before = installation.state()
        os.kill(installation.pids()["gateway-0"], signal.SIGKILL)
        os.kill(installation.pids()["nats"], signal.SIGKILL)
        await run.said("gateway-0  is back")
        await run.said("nats       is back")
        after = installation.state()
        assert after["processes"][0]["management"] == before["processes"][0]["management"]
        assert after["processes"][0]["internal"] == before["processes"][0]["internal"]
        assert after["nats"]["port"] == before["nats"]["port"]


async def test_a_killed_postgres_recovers(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
        os.kill(installation.pids()["postgres"], signal.SIGKILL)
        await run.said("postgres was killed by SIGKILL")
        await run.said("postgres   is back")
        assert run.text.count("starting it again") == 1
        assert "automatic recovery in progress" in installation.last_words("postgres")


async def test_a_process_that_ends_by_itself_is_quoted(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
        installation.behave({"gateway-1": {"exit": 1, "say": '{"level": "ERROR", "message": "out of memory"}'}})
        os.kill(installation.pids()["gateway-1"], signal.SIGKILL)
        await run.said(
            "gateway-1 ended with exit code 1: out of memory (log: .local/log/gateway-1.log); starting it again in 2 s"
        )
        installation.behave({})
        await run.said("gateway-1  is back")


async def test_ctrl_c_while_a_process_waits_to_be_restarted_leaves_nothing(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
        pids = installation.pids()
        os.kill(pids["gateway-0"], signal.SIGKILL)
        await run.said("starting it again in 1 s")
        run.send(signal.SIGINT)
        assert await run.end() == 0
        assert not any(is_alive(pid) for pid in pids.values())


async def test_a_port_that_was_taken_meanwhile_is_said_and_waited_for(installation: Installation) -> None:
    async with Run(installation) as run:
        await run.ready()
        port = installation.state()["nats"]["port"]
        os.kill(installation.pids()["nats"], signal.SIGKILL)
        other = await eventually(lambda: _take(port), what="the port of the dead server")
        assert other
        with other:
            await run.said("nats ended with exit code 1")
            assert "address already in use" in run.text
        await run.said("nats       is back")


def _take(port: int) -> socket.socket | None:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError:
        return None
