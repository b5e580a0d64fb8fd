"""A gateway takes as many connections as it is configured for, and tells others at the handshake to come back later."""

import pytest

from tests.integration.gateway.lone_gateway import run_lone_gateway
from tests.support.device import join
from tests.support.frames import open_frames
from tests.support.stack import Stack
from tests.support.waiting import eventually

TRANSPORTS = ("websocket", "polling")


async def test_who_comes_when_it_is_full_is_refused_and_welcome_when_somebody_has_left(stack: Stack) -> None:
    async with run_lone_gateway(stack, "full-gateway", connectionLimit=2) as full:

        async def refused(url: str, transport: str) -> bool:
            async with open_frames(url, f"&transport={transport}") as client:
                assert b"\r\nRetry-After: 1\r\n" in client.head or b" 503 " not in client.head
                return client.head.startswith(b"HTTP/1.1 503 ")

        async with join(full.url, stack.token("first"), "polling") as stays:
            async with join(full.url, stack.token("second")):
                for url in (full.url, full.internal_url):
                    assert [await refused(url, transport) for transport in TRANSPORTS] == [True, True]
                assert (await stays.call("client:ping"))["ok"]

            async def has_room() -> bool:
                return not await refused(full.url, "websocket")

            await eventually(has_room, what="room for another")


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_connection_that_was_not_greeted_counts(stack: Stack, transport: str) -> None:
    async with (
        run_lone_gateway(stack, f"tiny-gateway-{transport}", connectionLimit=1) as tiny,
        open_frames(tiny.url, f"&transport={transport}") as silent,
        open_frames(tiny.url) as late,
    ):
        assert b" 503 " not in silent.head
        assert late.head.startswith(b"HTTP/1.1 503 ")
