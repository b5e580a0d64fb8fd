"""Who was made a member over REST is let in, whom REST removed is not, and a room that is full takes nobody."""

from collections.abc import AsyncIterator

import pytest

from notifications.domain.limits import PERMITS_EVERY
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


async def test_a_removed_member_hears_no_more_at_any_gateway(stack: Stack, gateway: LoneGateway, number: int) -> None:
    room, producer = f"dm:{number}", Rest(gateway.url, stack.token("producer"))
    path = f"/api/rooms/{room}/members/ann"
    assert (await producer.request("PUT", path)).status == 200
    token = stack.token("ann", scope="")
    async with join(gateway.url, token) as here, join(stack.internal_url("gateway-0"), token) as elsewhere:
        for device in (here, elsewhere):
            assert (await device.call("room:join", room))["ok"]
        assert (await producer.request("DELETE", path)).status == 200
        for device, within in ((here, 2.0), (elsewhere, PERMITS_EVERY + 5)):
            (closed,) = await device.expect("topic:closed", within)
            assert closed == {"topic": f"dm.{number}", "code": "FORBIDDEN"}
        await producer.request("POST", f"/api/topics/dm.{number}/messages", json={"payload": "secret"})
        for device in (here, elsewhere):
            assert (await device.call("room:join", room))["error"]["code"] == "FORBIDDEN"
            assert "secret" not in str(device.events)


async def test_another_token_ends_what_it_does_not_allow(stack: Stack) -> None:
    async with join(stack.url, stack.token("ann", scope="", groups=["7", "8"])) as device:
        for room in ("group:7", "group:8"):
            assert (await device.call("room:join", room))["ok"]
        assert (await device.call("auth:refresh", {"token": stack.token("ann", scope="", groups=["8"])}))["ok"]
        assert await device.expect("topic:closed") == [{"topic": "group.7", "code": "FORBIDDEN"}]
        synced = await device.call("subscriptions:sync", {"subscriptions": ["group.7", "group.8"]})
        assert synced["active"] == ["group.8"]
        assert synced["refused"] == [{"topic": "group.7", "code": "FORBIDDEN"}]


async def test_a_conversation_of_ten_takes_no_eleventh(stack: Stack, number: int) -> None:
    producer = Rest(stack.url, stack.token("producer"))

    async def add(user: str) -> Answer:
        return await producer.request("PUT", f"/api/rooms/dm:{number}/members/{user}")

    assert [(await add(f"user-{n}")).status for n in range(10)] == [200] * 10
    answer = await add("user-10")
    assert (answer.status, answer.body["code"]) == (413, "TOO_LARGE")
    assert "at most 10 members" in answer.body["detail"]
    assert (await add("user-0")).status == 200
