"""Gateways and workers may start before the database does: they wait for it instead of ending."""

import asyncio

import pytest

from tests.support.stack import Stack
from tests.support.waiting import eventually


@pytest.mark.parametrize("name", ["gateway-0", "worker-0"])
async def test_it_waits_and_is_ready_when_the_database_is(private_stack: Stack, name: str) -> None:
    await private_stack.kill(name)
    await private_stack.kill("postgres")
    starting = asyncio.create_task(private_stack.start(name))
    await eventually(lambda: "not yet: " in private_stack.log(name), within=20, what=f"that {name} waits")

    await private_stack.start("postgres")

    await starting
    assert "Traceback" not in private_stack.log(name)
