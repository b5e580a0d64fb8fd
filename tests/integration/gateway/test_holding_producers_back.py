"""Producers that send too much are refused for a while, and so are all while the queues are full; readers never are."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from notifications.domain.limits import MAX_QUEUED_JOBS
from tests.integration.gateway.lone_gateway import LoneGateway, run_lone_gateway
from tests.support.rest import PATH, Answer, Rest
from tests.support.stack import Stack, run_stack
from tests.support.waiting import eventually

HELLO = {"recipients": ["bob"], "type": "message", "content": "Hello"}
FILL = f"""
INSERT INTO outbox (notification_id, channel, tenant, recipient, queue, created_at, published_at, queued_at)
SELECT gen_random_uuid(), 'websocket', 'acme', 'bob', 'normal', now(), now(), now()
FROM generate_series(0, {MAX_QUEUED_JOBS})
"""


@pytest.fixture
async def strict_gateway(stack: Stack) -> AsyncIterator[LoneGateway]:
    """One of three gateways that together grant a tenant six notifications at once, then three every two seconds."""
    limits = {"producers": {"perMinute": 90, "burst": 6}}
    async with run_lone_gateway(stack, "strict-gateway", limits=limits) as gateway:
        yield gateway


async def until_refused(producer: Rest) -> list[Answer]:
    answers = [await producer.post(HELLO)]
    while answers[-1].status == 201:
        assert len(answers) < 20
        answers.append(await producer.post(HELLO))
    return answers


async def test_a_tenant_that_sends_too_much_is_told_how_long_to_wait(stack: Stack, strict_gateway: LoneGateway) -> None:
    producer = Rest(strict_gateway.url, stack.token("producer", "eager"))
    refusal = (await until_refused(producer))[-1]
    assert (refusal.status, refusal.body["code"]) == (429, "RATE_LIMIT")
    assert int(refusal.headers["Retry-After"]) >= 1
    assert (await producer.request("POST", f"{PATH}/bulk", json=[HELLO])).status == 429

    assert (await producer.list()).status == 200
    assert (await producer.read_all()).status == 200
    assert (await Rest(strict_gateway.url, stack.token("producer", "modest")).post(HELLO)).status == 201

    async def is_accepted() -> bool:
        return (await producer.post(HELLO)).status == 201

    await eventually(is_accepted, what="the end of the wait")


async def test_each_notification_of_a_bulk_counts(stack: Stack, strict_gateway: LoneGateway) -> None:
    producer = Rest(strict_gateway.url, stack.token("producer", "bulky"))
    answer = await producer.request("POST", f"{PATH}/bulk", json=[HELLO] * 10)
    assert [result["status"] for result in answer.body["results"]] == [201] * 10
    refusal = await producer.post(HELLO)
    assert (refusal.status, int(refusal.headers["Retry-After"]) >= 4) == (429, True)


async def test_who_may_not_send_costs_the_tenant_nothing(stack: Stack, strict_gateway: LoneGateway) -> None:
    reader = Rest(strict_gateway.url, stack.token("reader", "quiet", scope=""))
    assert {(await reader.post(HELLO)).status for _ in range(10)} == {403}
    assert (await Rest(strict_gateway.url, stack.token("producer", "quiet")).post(HELLO)).status == 201


@pytest.mark.slow
async def test_full_queues_refuse_producers_and_serve_readers(tmp_path: Path) -> None:
    async with run_stack(tmp_path, gateways=1, workers=0) as stack:
        producer = Rest(stack.url, stack.token("producer", "acme"))
        assert (await producer.post(HELLO)).status == 201
        await execute(stack, FILL)

        async def is_refused() -> bool:
            return (await producer.post(HELLO)).status == 503

        async def is_accepted() -> bool:
            return (await producer.post(HELLO)).status == 201

        await eventually(is_refused, what="full queues to be noticed")
        refusal = await producer.request("POST", f"{PATH}/bulk", json=[HELLO])
        assert (refusal.status, refusal.body["code"]) == (503, "UNAVAILABLE")
        assert int(refusal.headers["Retry-After"]) >= 5
        bob = Rest(stack.url, stack.token("bob", "acme"))
        assert (await bob.list()).body["unread"] >= 1
        assert (await bob.read_all()).status == 200
        shown = await metrics(stack)
        assert f"notifications_queue_depth {float(MAX_QUEUED_JOBS + 1)}" in shown
        assert "notifications_queue_ratio 1.0000" in shown

        await execute(stack, "TRUNCATE outbox")
        await eventually(is_accepted, what="the queues to have room again")


async def execute(stack: Stack, sql: str) -> None:
    await asyncio.to_thread(stack.postgres.execute, sql, urlsplit(stack.database).path[1:])


async def metrics(stack: Stack) -> str:
    async with aiohttp.ClientSession() as client, client.get(stack.management_url("gateway-0") + "/metrics") as answer:
        return await answer.text()
