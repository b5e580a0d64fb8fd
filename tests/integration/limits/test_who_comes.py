"""How many come in, over two gateways: each counts for itself, and one that is full leaves the other open."""

import asyncio
import re
from contextlib import AsyncExitStack

from tests.integration.gateway.lone_gateway import LoneGateway, run_pair
from tests.integration.limits.conftest import CONNECTIONS, OF_AN_ADDRESS
from tests.support.frames import UPGRADE
from tests.support.raw import open_raw
from tests.support.rest import PATH, Rest
from tests.support.stack import Stack
from tests.support.transport import WEBSOCKET

ANN, BEN = "203.0.113.1", "203.0.113.2"


async def knock(visitors: AsyncExitStack, url: str, forwarded: str) -> tuple[int, int]:
    """Shake hands as a proxy would, and stay; return the status, and the seconds after which to come again."""
    reader, writer = await visitors.enter_async_context(open_raw(url))
    writer.write(f"GET {WEBSOCKET} HTTP/1.1\r\nX-Forwarded-For: {forwarded}\r\n{UPGRADE}\r\n".encode())
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    again = re.search(rb"\r\nRetry-After: (\d+)\r\n", head)
    return int(head.split(b" ", 2)[1]), int(again[1]) if again else 0


async def test_an_address_has_so_many_connections_at_each_and_a_full_gateway_leaves_the_other_open(
    narrow: list[LoneGateway],
) -> None:
    first, second = (gateway.url for gateway in narrow)
    async with AsyncExitStack() as visitors:
        for url in (first, second):
            assert [(await knock(visitors, url, ANN))[0] for _ in range(OF_AN_ADDRESS)] == [101] * OF_AN_ADDRESS
            assert await knock(visitors, url, ANN) == (429, 5)
            assert await knock(visitors, url, f"{BEN}, {ANN}") == (429, 5), "what a client writes itself counts nothing"
        rest = CONNECTIONS - OF_AN_ADDRESS
        assert [(await knock(visitors, first, BEN))[0] for _ in range(rest)] == [101] * rest
        assert await knock(visitors, first, BEN) == (503, 1)
        assert (await knock(visitors, second, BEN))[0] == 101


async def test_handshakes_and_producers_are_held_to_their_rate_at_both(stack: Stack) -> None:
    limits = {
        "addresses": {"handshakesPerSecond": 2, "trustedProxies": 1},
        "producers": {"perMinute": 60, "burst": 8},
    }
    producer, hello = stack.token("producer", "hasty"), {"recipients": ["bob"], "type": "message", "content": "Hi"}
    async with run_pair(stack, "slow", limits=limits) as gateways, AsyncExitStack() as visitors:
        for gateway in gateways:
            knocks = [await knock(visitors, gateway.url, ANN) for _ in range(3)]
            assert knocks == [(101, 0), (101, 0), (429, 1)]
            assert (await knock(visitors, gateway.url, BEN))[0] == 101
        callers = [Rest(gateway.url, producer) for gateway in gateways]
        answers = [await caller.request("POST", PATH, json=hello) for caller in callers for _ in range(10)]
        statuses = [answer.status for answer in answers]
        assert statuses.count(201) + statuses.count(429) == 20
        assert 2 <= statuses.count(201) <= 9, "a burst is that of all gateways together"
        assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers if answer.status == 429)
