"""What was read on one device is read on all of them, wherever they are connected."""

from tests.integration.gateway.conftest import Act
from tests.support.device import join
from tests.support.stack import Stack

ABSENT = "01890000-0000-7000-8000-000000000001"


async def test_reading_one_is_seen_on_the_device_at_the_other_gateway(stack: Stack, act: Act, alice: str) -> None:
    ids = [(await act("producer").notify(alice))[0]["id"] for _ in range(3)]
    token = stack.token(alice)
    async with (
        join(stack.internal_url("gateway-0"), token) as phone,
        join(stack.internal_url("gateway-1"), token) as desk,
    ):
        assert await phone.call("notification:read", ids[1]) == {"ok": True, "unread": 2}
        for device in (phone, desk):
            change, cursor = await device.expect("notification:changed")
            assert (change["kind"], change["ids"], change["unread"]) == ("read", [ids[1]], 2)
            assert (change["prev"], change["seq"]) == (3, 4)
            assert change["at"].endswith("Z")
            assert device.cursor == cursor
    assert (await act(alice).list()).body["unread"] == 2


async def test_reading_several_is_one_change(stack: Stack, act: Act, alice: str) -> None:
    ids = [(await act("producer").notify(alice))[0]["id"] for _ in range(3)]
    async with join(stack.url, stack.token(alice)) as device:
        assert await device.call("notification:read", ids[:2]) == {"ok": True, "unread": 1}
        change, _ = await device.expect("notification:changed")
    assert sorted(change["ids"]) == sorted(ids[:2])


async def test_reading_all_is_seen_everywhere(stack: Stack, act: Act, alice: str) -> None:
    for _ in range(3):
        await act("producer").notify(alice)
    token = stack.token(alice)
    async with (
        join(stack.internal_url("gateway-0"), token) as phone,
        join(stack.internal_url("gateway-1"), token) as desk,
    ):
        assert await phone.call("notification:readAll") == {"ok": True, "unread": 0}
        for device in (phone, desk):
            change, _ = await device.expect("notification:changed")
            assert (change["kind"], change["upTo"], change["seq"], change["unread"]) == ("readAll", 3, 4, 0)


async def test_reading_over_rest_is_seen_on_sockets(stack: Stack, act: Act, alice: str) -> None:
    (placed,) = await act("producer").notify(alice)
    async with join(stack.url, stack.token(alice)) as device:
        await act(alice).read(placed["id"])
        change, _ = await device.expect("notification:changed")
        await act("producer").notify(alice)
        await act(alice).read_all()
        last, _ = await device.expect("notification:changed")
    assert (change["kind"], last["kind"]) == ("read", "readAll")


async def test_reading_again_changes_nothing(stack: Stack, act: Act, alice: str) -> None:
    (placed,) = await act("producer").notify(alice)
    async with join(stack.url, stack.token(alice)) as device:
        await device.call("notification:read", placed["id"])
        assert await device.call("notification:read", placed["id"]) == {"ok": True}
        assert await device.call("notification:readAll") == {"ok": True}
        await act("producer").notify(alice)
        shown, _ = await device.expect("notification")
    assert shown["seq"] == 3


async def test_what_is_not_there_or_not_yours_is_not_found(stack: Stack, act: Act, alice: str, bob: str) -> None:
    (placed,) = await act("producer").notify(alice)
    strange: list[object] = [ABSENT, placed["id"], "1", "", None, 7, {}, "ffffffff-ffff-7fff-bfff-ffffffffffff"]
    async with join(stack.url, stack.token(bob)) as device:
        for id in strange:
            answer = await device.call("notification:read", id)
            assert answer["error"]["code"] == "NOT_FOUND", id
        for ids in ([], [ABSENT] * 101):
            assert (await device.call("notification:read", ids))["error"]["code"] == "INVALID"


async def test_if_one_of_several_is_not_there_none_is_read(stack: Stack, act: Act, alice: str) -> None:
    (placed,) = await act("producer").notify(alice)
    async with join(stack.url, stack.token(alice)) as device:
        answer = await device.call("notification:read", [placed["id"], ABSENT])
        assert answer["error"]["code"] == "NOT_FOUND"
    assert (await act(alice).list()).body["unread"] == 1
