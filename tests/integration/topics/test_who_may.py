"""The authorisation matrix over two gateways: every row, for who may and for who may not."""

from typing import Any

import pytest

from tests.support.device import join
from tests.support.rest import Rest
from tests.support.stack import Stack

FORBIDDEN = "FORBIDDEN"
ROWS = [
    ("user:ann", {}, None),
    ("user:ben", {}, FORBIDDEN),
    ("group:7", {"groups": ["7"]}, None),
    ("group:7", {"groups": ["8"]}, FORBIDDEN),
    ("post:strangers", {}, FORBIDDEN),
    ("dm:strangers", {}, FORBIDDEN),
    ("admin:broadcast", {"roles": ["admin"]}, None),
    ("admin:broadcast", {}, FORBIDDEN),
    ("orders:1", {}, None),
    ("unheard:1", {}, FORBIDDEN),
    ("unheard:1", {"roles": ["admin"]}, FORBIDDEN),
]


@pytest.mark.parametrize("gateway", ["gateway-0", "gateway-1"])
@pytest.mark.parametrize(("room", "claims", "code"), ROWS)
async def test_a_room_is_joined_by_who_may(
    stack: Stack, gateway: str, room: str, claims: dict[str, Any], code: str | None
) -> None:
    async with join(stack.internal_url(gateway), stack.token("ann", scope="", **claims)) as device:
        answer = await device.call("room:join", room)
    assert (answer["ok"], answer.get("error", {}).get("code")) == (code is None, code)


@pytest.mark.parametrize("kind", ["dm", "post", "teams"])
async def test_members_may_at_every_gateway(stack: Stack, number: int, kind: str) -> None:
    room, producer = f"{kind}:{number}", Rest(stack.url, stack.token("producer"))
    assert (await producer.request("PUT", f"/api/rooms/{room}/members/ann")).status == 200
    for gateway in ("gateway-0", "gateway-1"):
        async with join(stack.internal_url(gateway), stack.token("ann", scope="")) as device:
            assert (await device.call("room:join", room))["ok"]
            assert (await device.call("room:send", {"room": room, "payload": 1}))["ok"]


@pytest.mark.parametrize("topic", ["*", ">", "group.*", "*.7", "user.>"])
async def test_wide_wildcards_are_for_administrators(stack: Stack, topic: str) -> None:
    async with join(stack.url, stack.token("ann", scope="", groups=["7"])) as device:
        assert (await device.call("topic:subscribe", topic))["error"]["code"] == FORBIDDEN
    async with join(stack.url, stack.token("root", scope="", roles=["admin"])) as device:
        assert (await device.call("topic:subscribe", topic))["ok"]


async def test_what_everyone_hears_only_producers_say(stack: Stack, orders: str) -> None:
    async with join(stack.url, stack.token("ann", scope="")) as device:
        room = orders.replace(".", ":")
        assert (await device.call("room:send", {"room": room, "payload": 1}))["error"]["code"] == FORBIDDEN
    answer = await Rest(stack.url, stack.token("ann", scope="")).request(
        "POST", f"/api/topics/{orders}/messages", json={"payload": 1}
    )
    assert (answer.status, answer.body["code"]) == (403, FORBIDDEN)
