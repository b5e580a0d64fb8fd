"""Pages of origins that the configuration names may use REST and sockets; those of others may not."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.integration.gateway.lone_gateway import LoneGateway, run_lone_gateway
from tests.support.rest import PATH, Answer, Rest
from tests.support.stack import Stack

FRIEND, STRANGER = "https://app.example", "https://evil.example"
ASK = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def open_gateway(stack: Stack) -> AsyncIterator[LoneGateway]:
    """A gateway that names an origin."""
    async with run_lone_gateway(stack, "open-gateway", cors={"origins": [FRIEND, "http://localhost:3000"]}) as gateway:
        yield gateway


async def call(url: str, token: str, origin: str, method: str = "GET", **headers: str) -> Answer:
    return await Rest(url, token).request(method, PATH, headers={"Origin": origin, **headers})


def shared(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("Access-Control-")}


async def test_a_page_of_a_named_origin_may_read_answers_and_refusals(stack: Stack, open_gateway: LoneGateway) -> None:
    for token, status in ((stack.token("alice"), 200), ("wrong", 401)):
        answer = await call(open_gateway.url, token, FRIEND)
        assert answer.status == status
        assert shared(answer) == {
            "Access-Control-Allow-Origin": FRIEND,
            "Access-Control-Expose-Headers": "Retry-After",
        }
        assert answer.headers["Vary"] == "Origin"


async def test_its_browser_is_told_beforehand_what_it_may_send(open_gateway: LoneGateway) -> None:
    answer = await call(open_gateway.url, "", FRIEND, "OPTIONS", **ASK)
    assert (answer.status, answer.raw) == (204, b"")
    told = shared(answer)
    assert told["Access-Control-Allow-Origin"] == FRIEND
    assert {"Authorization", "Content-Type", "Idempotency-Key"} == {*told["Access-Control-Allow-Headers"].split(", ")}
    assert {"GET", "POST", "PUT", "PATCH", "DELETE"} == {*told["Access-Control-Allow-Methods"].split(", ")}
    assert "Access-Control-Allow-Credentials" not in told


@pytest.mark.parametrize(
    "origin", [STRANGER, "null", "*", f"{FRIEND}.evil.example", FRIEND.upper(), "http://app.example", ""]
)
async def test_a_page_of_another_origin_is_told_nothing(stack: Stack, open_gateway: LoneGateway, origin: str) -> None:
    answer = await call(open_gateway.url, stack.token("alice"), origin)
    assert shared(answer) == {}
    assert answer.headers["Vary"] == "Origin", "or a cache would give it the answer for another origin"
    preflight = await call(open_gateway.url, "", origin, "OPTIONS", **ASK)
    assert (preflight.status, shared(preflight)) == (405, {})


async def test_without_configuration_no_page_of_another_origin_is_told_anything(stack: Stack) -> None:
    for method, status in (("GET", 200), ("OPTIONS", 405)):
        answer = await call(stack.url, stack.token("alice"), FRIEND, method, **ASK)
        assert (answer.status, shared(answer)) == (status, {})


async def test_tokens_of_the_demo_are_for_its_own_page(open_gateway: LoneGateway) -> None:
    answer = await Rest(open_gateway.url, "").request("GET", "/demo/tokens", headers={"Origin": FRIEND})
    assert shared(answer) == {}


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_sockets_are_opened_by_pages_of_the_same_and_of_named_origins(
    stack: Stack, open_gateway: LoneGateway, transport: str
) -> None:
    statuses: dict[str, Any] = {}
    for url in (open_gateway.url, stack.url):
        for origin in (url, FRIEND, STRANGER):
            statuses[f"{origin} at {url}"] = await shake_hands(url, transport, origin)
    good = 200 if transport == "polling" else 101
    assert list(statuses.values()) == [good, good, 400, good, 400, 400]


async def shake_hands(url: str, transport: str, origin: str) -> int:
    upgrade = (
        {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        }
        if transport == "websocket"
        else {}
    )
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"{url}/socket.io/?EIO=4&transport={transport}", headers={"Origin": origin, **upgrade}) as answer,
    ):
        return answer.status
