"""A setup that may wait outlasts servers that start later than it does."""

import asyncio

import pytest

from tests.support.stack import Stack
from tests.support.waiting import eventually
from tests.support.workload import command


@pytest.mark.parametrize(("late", "patience"), [("postgres", "not yet: "), ("nats", "waiting for NATS")])
async def test_setup_waits_for_a_server_that_starts_late(private_stack: Stack, late: str, patience: str) -> None:
    await private_stack.kill(late)
    with (private_stack.folder / "setup.log").open("wb") as log:
        setup = await asyncio.create_subprocess_exec(
            *command("setup", "--config", str(private_stack.config("worker")), "--wait", "60"), stdout=log, stderr=log
        )
    await eventually(lambda: patience in (private_stack.folder / "setup.log").read_text(), within=30)

    await private_stack.start(late)

    assert await asyncio.wait_for(setup.wait(), 60) == 0


async def test_setup_gives_up_when_its_time_is_over(private_stack: Stack) -> None:
    await private_stack.kill("postgres")

    setup = await asyncio.create_subprocess_exec(
        *command("setup", "--config", str(private_stack.config("worker")), "--wait", "2"),
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await asyncio.wait_for(setup.communicate(), 60)

    assert setup.returncode == 1
    assert told.decode().splitlines()[-1].startswith("notifications: ")
