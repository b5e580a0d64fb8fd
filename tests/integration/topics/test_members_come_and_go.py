"""Who was made a member over REST is let in, whom REST removed is not, and a room that is full takes nobody."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.gateway.lone_gateway import LoneGateway, run_lone_gateway
from tests.support.device import join
from tests.support.rest import Answer, Rest
from tests.support.stack import Stack


@pytest.fixture
async def gateway(stack: Stack) -> AsyncIterator[LoneGateway]:
    async with run_lone_gateway(stack, "members-gateway") as gateway:
        yield gateway


async def test_a_membership_counts_from_its_first_moment_to_its_last(
    stack: Stack, gateway: LoneGateway, number: int
) -> None:
    room, producer = f"dm:{number}", Rest(gateway.url, stack.token("producer"))
    path = f"/api/rooms/{room}/members/ann"
    async with join(gateway.url, stack.token("ann", scope="")) as device:
        for _ in range(2):
            assert (await device.call("room:join", room))["error"]["code"] == "FORBIDDEN"
            assert (await producer.request("PUT", path)).status == 200
            assert (await device.call("room:join", room))["ok"]
            assert (await producer.request("DELETE", path)).status == 200


async def test_a_conversation_of_ten_takes_no_eleventh(stack: Stack, number: int) -> None:
    producer = Rest(stack.url, stack.token("producer"))

    async def add(user: str) -> Answer:
        return await producer.request("PUT", f"/api/rooms/dm:{number}/members/{user}")

    assert [(await add(f"user-{n}")).status for n in range(10)] == [200] * 10
    answer = await add("user-10")
    assert (answer.status, answer.body["code"]) == (413, "TOO_LARGE")
    assert "at most 10 members" in answer.body["detail"]
    assert (await add("user-0")).status == 200
