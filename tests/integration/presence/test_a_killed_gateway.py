"""A gateway is killed: the users whose sockets it held are gone within its lease, unless they are back elsewhere."""

import asyncio

import pytest

from notifications.domain.limits import LEASE
from tests.support.device import join
from tests.support.stack import Stack

SLACK = 3.0


@pytest.mark.slow
async def test_who_does_not_come_back_is_offline_within_the_lease_and_who_does_never_was(private_stack: Stack) -> None:
    stack = private_stack

    def token(user: str) -> str:
        return stack.token(user, scope="", groups=["7"])

    async with (
        join(stack.internal_url("gateway-1"), token("ben")) as ben,
        join(stack.internal_url("gateway-0"), token("ann")) as ann,
        join(stack.internal_url("gateway-0"), token("cay")) as cay,
    ):
        for device in (ben, ann, cay):
            assert (await device.call("room:join", "group:7"))["ok"]
        for _ in range(2):
            await ben.expect("presence:user:online")
        await stack.kill("gateway-0")
        killed = asyncio.get_running_loop().time()
        async with join(stack.internal_url("gateway-1"), token("cay")) as back:
            assert (await back.call("room:join", "group:7"))["ok"]
            assert (await ben.expect("presence:user:offline", LEASE + SLACK))[0] == "ann"
            assert asyncio.get_running_loop().time() - killed < LEASE + SLACK
            assert (await back.expect("presence:user:offline"))[0] == "ann"
            assert [event[1] for event in ben.events if event[0] == "presence:user:offline"] == ["ann"]
