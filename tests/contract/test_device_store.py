"""What DeviceStore promises."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from uuid import UUID

import pytest

from notifications.domain.errors import NotFound
from notifications.domain.limits import MAX_DEVICE_TOKEN, MAX_DEVICES
from notifications.domain.notification import UserKey
from notifications.domain.push import Device, DeviceKind, Subscription
from tests.contract.stores import Stores, owner

ALICE, BOB = owner("alice"), owner("bob")
POINT = b"\x04" + bytes(64)
BROWSER = Subscription("https://push.example.com/alice", POINT, b"\x01" * 16)

_numbers = count(1)


def device(user: UserKey, target: str | Subscription, kind: DeviceKind = DeviceKind.FCM) -> Device:
    return Device(UUID(int=next(_numbers)), user, kind, target)


def browser(user: UserKey, subscription: Subscription = BROWSER) -> Device:
    return device(user, subscription, DeviceKind.WEBPUSH)


async def test_devices_of_each_kind_come_back_the_last_seen_first(stores: Stores) -> None:
    registered = []
    for each in (device(ALICE, "token"), device(ALICE, "ab" * 32, DeviceKind.APNS), browser(ALICE)):
        registered.append(await stores.devices.register(each))
        assert registered[-1] == each
        await stores.later(1)

    assert await stores.devices.devices(ALICE) == tuple(reversed(registered))


async def test_the_longest_token_there_is_can_be_kept(stores: Stores) -> None:
    long = [device(ALICE, "t" * (MAX_DEVICE_TOKEN - 1) + letter) for letter in "ab"]
    for each in long:
        await stores.devices.register(each)

    assert set(await stores.devices.devices(ALICE)) == set(long)


@pytest.mark.parametrize("make", [lambda: device(ALICE, "token"), lambda: browser(ALICE)], ids=["token", "browser"])
async def test_a_device_that_comes_again_keeps_its_id_and_was_just_seen(
    stores: Stores, make: Callable[[], Device]
) -> None:
    first = await stores.devices.register(make())
    await stores.later(1)
    other = await stores.devices.register(device(ALICE, "other"))
    await stores.later(1)

    assert await stores.devices.register(make()) == first
    assert await stores.devices.devices(ALICE) == (first, other)


async def test_a_device_that_comes_with_another_user_leaves_the_former_one(stores: Stores) -> None:
    first = await stores.devices.register(device(ALICE, "shared"))

    second = await stores.devices.register(device(BOB, "shared"))

    assert second.id != first.id
    assert await stores.devices.devices(ALICE) == ()
    assert await stores.devices.devices(BOB) == (second,)


async def test_a_browser_with_fresh_keys_is_another_device_in_the_place_of_the_first(stores: Stores) -> None:
    first = await stores.devices.register(browser(ALICE))

    second = await stores.devices.register(browser(ALICE, replace(BROWSER, auth=bytes(16))))

    assert second.id != first.id
    assert await stores.devices.devices(ALICE) == (second,)


async def test_tenants_do_not_take_devices_from_each_other(stores: Stores) -> None:
    first = await stores.devices.register(device(ALICE, "token"))
    second = await stores.devices.register(device(owner("alice", "other"), "token"))

    assert await stores.devices.devices(ALICE) == (first,)
    assert await stores.devices.devices(second.owner) == (second,)


async def test_of_too_many_devices_those_that_were_not_seen_for_longest_go(stores: Stores) -> None:
    kept = [await stores.devices.register(device(BOB, "bob's"))]
    for number in range(MAX_DEVICES + 2):
        await stores.later(1)
        kept.append(await stores.devices.register(device(ALICE, f"token-{number}")))
        if number == 5:
            await stores.devices.register(device(ALICE, "token-0"))

    bobs, first, _, _, *others = kept
    assert set(await stores.devices.devices(ALICE)) == {first, *others}
    assert len(others) == MAX_DEVICES - 1
    assert await stores.devices.devices(BOB) == (bobs,)


async def test_many_registrations_at_once_keep_to_the_number(stores: Stores) -> None:
    await asyncio.gather(*(stores.devices.register(device(ALICE, f"token-{n}")) for n in range(MAX_DEVICES * 2)))

    assert len(await stores.devices.devices(ALICE)) == MAX_DEVICES


async def test_one_device_that_several_register_at_once_is_one_users(stores: Stores) -> None:
    users = [owner(f"user-{n}") for n in range(8)]
    await asyncio.gather(*(stores.devices.register(device(user, f"token-{n % 3}")) for n in range(3) for user in users))

    found = [each for user in users for each in await stores.devices.devices(user)]
    assert {each.target for each in found} == {"token-0", "token-1", "token-2"}
    assert len(found) == 3


async def test_only_an_owner_removes_a_device_and_only_once(stores: Stores) -> None:
    kept = await stores.devices.register(device(ALICE, "token"))
    for user in (BOB, owner("alice", "other")):
        with pytest.raises(NotFound, match="device"):
            await stores.devices.remove(user, kept.id)

    await stores.devices.remove(ALICE, kept.id)

    assert await stores.devices.devices(ALICE) == ()
    with pytest.raises(NotFound, match="device"):
        await stores.devices.remove(ALICE, kept.id)


async def test_dead_devices_are_forgotten_and_others_stay(stores: Stores) -> None:
    dead, alive = [await stores.devices.register(device(ALICE, name)) for name in ("dead", "alive")]

    for _ in range(2):
        await stores.devices.forget([dead.id, UUID(int=0)])

    assert await stores.devices.devices(ALICE) == (alive,)


async def test_what_was_registered_since_is_not_forgotten_with_what_was_dead(stores: Stores) -> None:
    dead = [await stores.devices.register(each) for each in (device(ALICE, "moved"), browser(ALICE))]
    moved = await stores.devices.register(device(BOB, "moved"))
    fresh = await stores.devices.register(browser(ALICE, replace(BROWSER, auth=bytes(16))))

    await stores.devices.forget([each.id for each in dead])

    assert await stores.devices.devices(ALICE) == (fresh,)
    assert await stores.devices.devices(BOB) == (moved,)
