"""Ten sends and ten broadcasts a minute for each user, exactly, over both gateways."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

from tests.integration.emits.conftest import Call, Caller
from tests.integration.gateway.lone_gateway import run_lone_gateway
from tests.support.device import join
from tests.support.rest import Rest
from tests.support.stack import Stack

HELLO = {"recipients": ["ann"], "type": "message", "content": "Hello"}
TO = {"user": "ann"}


async def test_the_eleventh_broadcast_in_a_minute_is_refused(call: Call) -> None:
    answers = [await call().broadcast(TO) for _ in range(11)]
    assert [answer.status for answer in answers] == [200] * 10 + [429]
    assert answers[-1].body["code"] == "RATE_LIMIT"
    assert 40 < int(answers[-1].headers["Retry-After"]) <= 60
    assert (await call(user="another").broadcast(TO)).status == 200


async def test_of_many_broadcasts_at_once_ten_are_sent(call: Call) -> None:
    answers = await asyncio.gather(*(call().broadcast(TO) for _ in range(40)))
    assert Counter(answer.status for answer in answers) == {200: 10, 429: 30}


async def test_what_is_wrong_or_forbidden_is_not_counted(call: Call) -> None:
    for _ in range(15):
        assert (await call().broadcast({})).status == 400
        assert (await call().broadcast({"all": True})).status == 403
    assert (await call().broadcast(TO)).status == 200


async def test_ten_sends_are_taken_over_both_gateways_and_no_more(stack: Stack, tenant: str) -> None:
    token = stack.token("producer", tenant)
    async with AsyncExitStack() as exits:
        devices = [
            await exits.enter_async_context(join(stack.internal_url(f"gateway-{number % 2}"), token))
            for number in range(4)
        ]
        answers = await asyncio.gather(*(devices[number % 4].call("notification:send", HELLO) for number in range(24)))
    refused = [answer["error"] for answer in answers if not answer["ok"]]
    assert len(refused) == 14
    assert {error["code"] for error in refused} == {"RATE_LIMIT"}
    assert all(40 < error["retryAfter"] <= 60 for error in refused)
    rest = Rest(stack.url, token)
    assert (await rest.request("POST", "/api/notifications", json=HELLO)).status == 201, "REST is not counted"
    assert (await Caller(rest).broadcast(TO)).status == 200, "broadcasts are counted apart"


async def test_the_limits_are_configured(stack: Stack, tenant: str) -> None:
    settings = {"sendsPerMinute": 2, "broadcastsPerMinute": 1}
    async with run_lone_gateway(stack, "sparing-gateway", limits=settings) as gateway:
        token = stack.token("producer", tenant)
        caller = Caller(Rest(gateway.url, token))
        assert [(await caller.broadcast(TO)).status for _ in range(2)] == [200, 429]
        async with join(gateway.internal_url, token) as device:
            answers = [await device.call("notification:send", HELLO) for _ in range(3)]
        assert [answer["ok"] for answer in answers] == [True, True, False]
