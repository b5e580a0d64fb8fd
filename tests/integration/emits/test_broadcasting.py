"""Broadcasts over two gateways: to a user, a room, a gateway or all, of one tenant, as who may."""

from contextlib import AsyncExitStack

import pytest

from tests.integration.emits.conftest import ADMIN, NOBODY, PRODUCER, Call, Claims
from tests.support.device import Device, join
from tests.support.stack import Stack

PAYLOAD = {"text": "hello ☃"}
GATEWAYS = ("gateway-0", "gateway-1")


async def shown(device: Device) -> list[object]:
    """What a device was shown, once all that was sent to it before has come."""
    assert (await device.call("client:ping"))["ok"]
    return [event[1:] for event in device.events if event[0] == "news:breaking"]


class Crowd:
    """Devices by name."""

    def __init__(self, stack: Stack, exits: AsyncExitStack) -> None:
        self._stack = stack
        self._exits = exits
        self.devices: dict[str, Device] = {}

    async def enter(self, name: str, gateway: str, tenant: str) -> Device:
        token = self._stack.token(name.split("@", maxsplit=1)[0], tenant, scope="", groups=["7"])
        device = await self._exits.enter_async_context(join(self._stack.internal_url(gateway), token))
        self.devices[name] = device
        return device

    async def shown(self) -> set[str]:
        return {name for name, device in self.devices.items() if await shown(device) == [[PAYLOAD]]}


async def gather(stack: Stack, exits: AsyncExitStack, tenant: str) -> Crowd:
    """Ann at both gateways, ben at one, and a namesake of ann's in another tenant."""
    crowd = Crowd(stack, exits)
    for name, gateway in (("ann@0", GATEWAYS[0]), ("ann@1", GATEWAYS[1]), ("ben@1", GATEWAYS[1])):
        await crowd.enter(name, gateway, tenant)
    await crowd.enter("ann@other", GATEWAYS[0], f"{tenant}-other")
    return crowd


@pytest.mark.parametrize(
    ("claims", "to", "names"),
    [
        (PRODUCER, {"user": "ann"}, {"ann@0", "ann@1"}),
        (ADMIN, {"all": True}, {"ann@0", "ann@1", "ben@1"}),
        (ADMIN, {"server": "gateway-0"}, {"ann@0"}),
        (ADMIN, {"server": "gateway-1"}, {"ann@1", "ben@1"}),
        (PRODUCER, {"user": "eve"}, set()),
    ],
)
async def test_a_broadcast_reaches_its_audience_and_nobody_else(
    stack: Stack, call: Call, tenant: str, claims: Claims, to: object, names: set[str]
) -> None:
    async with AsyncExitStack() as exits:
        crowd = await gather(stack, exits, tenant)
        answer = await call(claims).broadcast(to)
        assert (answer.status, answer.body["delivered"], answer.body["skipped"]) == (200, len(names), 0)
        assert await crowd.shown() == names


async def test_a_broadcast_to_a_room_reaches_who_has_joined_it(stack: Stack, call: Call, tenant: str) -> None:
    async with AsyncExitStack() as exits:
        crowd = await gather(stack, exits, tenant)
        for name in ("ann@1", "ben@1", "ann@other"):
            assert (await crowd.devices[name].call("room:join", "group:7"))["ok"]
        assert (await crowd.devices["ben@1"].call("room:leave", "group:7"))["ok"]
        await crowd.enter("cleo@0", GATEWAYS[0], tenant)
        assert (await crowd.devices["cleo@0"].call("room:join", "group:7"))["ok"]
        assert (await call().broadcast({"room": "group:7"})).body["delivered"] == 2
        assert await crowd.shown() == {"ann@1", "cleo@0"}


async def test_the_gateway_that_is_asked_can_be_meant(stack: Stack, call: Call, tenant: str) -> None:
    async with AsyncExitStack() as exits:
        crowd = await gather(stack, exits, tenant)
        answer = await call(ADMIN).broadcast({"server": "local"})
        assert (answer.body["gateways"], answer.body["missing"]) == (1, [])
        assert await crowd.shown() in ({"ann@0"}, {"ann@1", "ben@1"})


async def test_who_polls_is_shown_it_too(stack: Stack, call: Call, tenant: str) -> None:
    async with join(stack.url, stack.token("ann", tenant), "polling") as device:
        assert (await call().broadcast({"user": "ann"})).body["delivered"] == 1
        assert await device.expect("news:breaking") == [PAYLOAD]


async def test_who_comes_later_is_shown_nothing(stack: Stack, call: Call, tenant: str) -> None:
    assert (await call().broadcast({"user": "ann"})).body["delivered"] == 0
    async with join(stack.url, stack.token("ann", tenant)) as device:
        assert await shown(device) == []


@pytest.mark.parametrize("to", [{"user": "ann"}, {"room": "group:7"}, {"server": "local"}, {"all": True}])
@pytest.mark.parametrize(("claims", "may"), [(PRODUCER, {"user", "room"}), (ADMIN, {"server", "all"}), (NOBODY, set())])
async def test_who_may_broadcast_to_whom(call: Call, claims: Claims, to: dict[str, object], may: set[str]) -> None:
    answer = await call(claims).broadcast(to)
    assert answer.status == (200 if may >= to.keys() else 403)


async def test_a_gateway_that_is_not_there_is_not_found(call: Call) -> None:
    answer = await call(ADMIN).broadcast({"server": "gateway-9"})
    assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    "to",
    [
        None, {}, [], "all", {"all": False}, {"all": 1}, {"user": ""}, {"user": "a\0"}, {"user": 1}, {"user": "\ud800"},
        {"user": "ann", "room": "group:7"}, {"user": "ann", "all": True}, {"room": "group:*"}, {"room": ""},
        {"server": ""}, {"everybody": True}, {"tenant": "other", "all": True},
    ],
)  # fmt: skip
@pytest.mark.parametrize("claims", [PRODUCER, ADMIN])
async def test_an_audience_that_cannot_be_understood_is_refused(call: Call, claims: Claims, to: object) -> None:
    answer = await call(claims).broadcast(to)
    assert (answer.status, answer.body["code"]) == (400, "INVALID")


@pytest.mark.parametrize(
    "payload", ["text", 1, [], [{}], True, 1.5, {"a": "\0"}, {"a": "\ud800"}, {"a": [[[[[[[[]]]]]]]]}]
)
async def test_a_payload_that_is_no_object_is_refused(call: Call, payload: object) -> None:
    answer = await call().broadcast({"user": "ann"}, payload)
    assert (answer.status, answer.body["code"]) == (400, "INVALID")


async def test_a_payload_that_is_too_large_is_refused(call: Call) -> None:
    answer = await call().broadcast({"user": "ann"}, {"a": "x" * 33_000})
    assert (answer.status, answer.body["code"]) == (413, "TOO_LARGE")


@pytest.mark.parametrize(
    "event", ["notification", "room:message", "connect", "position", "", 'a"b', "ä", None, 1, "x" * 65]
)
async def test_an_event_of_ours_or_that_is_none_is_refused(call: Call, event: object) -> None:
    answer = await call().broadcast({"user": "ann"}, event=event)
    assert (answer.status, answer.body["code"]) == (400, "INVALID")
