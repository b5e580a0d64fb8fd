"""What ports/quota.py promises, kept by PostgreSQL and by memory alike."""

import asyncio

import pytest

from notifications.domain.limits import QUOTA_WINDOW
from notifications.domain.quota import Deed, Quota
from tests.contract.stores import Stores, owner

ALICE, BOB, NAMESAKE = owner("alice"), owner("bob"), owner("alice", "other")
THREE = Quota(Deed.BROADCAST, 3)


async def spend(stores: Stores, times: int, quota: Quota = THREE) -> list[float]:
    return [await stores.quotas.spend(ALICE, quota) for _ in range(times)]


async def test_so_many_are_granted_and_no_more(stores: Stores) -> None:
    assert (await spend(stores, 5))[:3] == [0, 0, 0]
    assert all(wait > 0 for wait in await spend(stores, 2))


async def test_the_wait_is_until_the_first_of_them_is_a_window_ago(stores: Stores) -> None:
    await spend(stores, 1)
    await stores.later(20)
    (*_, wait) = await spend(stores, 3)
    assert wait == pytest.approx(QUOTA_WINDOW - 20, abs=1)
    await stores.later(wait - 2)
    assert (await spend(stores, 1))[0] == pytest.approx(2, abs=1)
    await stores.later(3)
    assert (await spend(stores, 1)) == [0]
    assert (await spend(stores, 1))[0] > 0, "the others are not a window ago"


async def test_what_was_refused_makes_the_wait_no_longer(stores: Stores) -> None:
    await spend(stores, 3)
    await stores.later(QUOTA_WINDOW / 2)
    await spend(stores, 10)
    await stores.later(QUOTA_WINDOW / 2 + 1)
    assert await spend(stores, 3) == [0, 0, 0]


async def test_users_tenants_and_deeds_are_counted_apart(stores: Stores) -> None:
    await spend(stores, 3)
    assert await stores.quotas.spend(BOB, THREE) == 0
    assert await stores.quotas.spend(NAMESAKE, THREE) == 0
    assert await spend(stores, 1, Quota(Deed.SEND, 3)) == [0]


async def test_those_who_ask_at_once_are_granted_no_more(stores: Stores) -> None:
    waits = await asyncio.gather(*(stores.quotas.spend(ALICE, Quota(Deed.SEND, 10)) for _ in range(50)))
    assert waits.count(0) == 10
    assert all(QUOTA_WINDOW - 5 < wait <= QUOTA_WINDOW for wait in waits if wait)


async def test_a_quota_that_was_changed_counts_from_then_on(stores: Stores) -> None:
    await spend(stores, 3)
    assert await spend(stores, 2, Quota(Deed.BROADCAST, 5)) == [0, 0]
    assert (await spend(stores, 1, Quota(Deed.BROADCAST, 1)))[0] == pytest.approx(QUOTA_WINDOW, abs=1)


async def test_what_counts_no_more_is_forgotten(stores: Stores) -> None:
    await spend(stores, 2)
    await stores.later(QUOTA_WINDOW - 5)
    await stores.quotas.spend(BOB, THREE)
    assert await stores.quotas.forget() == 0
    await stores.later(6)
    assert await stores.quotas.forget() == 1
    assert await stores.quotas.forget() == 0
    assert [await stores.quotas.spend(BOB, THREE) for _ in range(3)][2] > 0, "what counts is kept"
