"""What RevocationStore promises."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from notifications.adapters.memory import revocations as memory
from notifications.adapters.postgres import revocations as postgres
from notifications.domain.errors import NotFound, TooLarge
from notifications.domain.ids import uuid7
from notifications.domain.limits import LIFTED_KEPT
from notifications.domain.revocation import REMEMBERED, Claim, Revocation, Target
from tests.contract.stores import TENANT, Stores

ALICE, BOB = Target(TENANT, Claim.SUB, "alice"), Target(TENANT, Claim.SUB, "bob")
TOKEN = Target(TENANT, Claim.JTI, "alice")


def make(stores: Stores, target: Target = ALICE, number: int = 1, seconds: float = 0.0) -> Revocation:
    at = stores.now() + timedelta(seconds=seconds)
    return Revocation(uuid7(stores.now(), number), target, at)


async def held(stores: Stores) -> list[Revocation]:
    return [ruling.revocation for ruling in await stores.revocations.rulings(0, 100) if ruling.holds]


async def test_what_was_revoked_is_listed_newest_first(stores: Stores) -> None:
    made = [make(stores, target, number) for number, target in enumerate((ALICE, BOB, TOKEN))]
    for revocation in made:
        assert await stores.revocations.revoke(revocation) == revocation

    assert await stores.revocations.revocations(TENANT, None, 10) == tuple(made[::-1])
    assert await stores.revocations.revocations(TENANT, None, 2) == (made[2], made[1])
    assert await stores.revocations.revocations(TENANT, made[1].id, 10) == (made[0],)
    assert await stores.revocations.revocations("other", None, 10) == ()


async def test_one_for_the_same_target_is_moved_on_in_time_and_never_back(stores: Stores) -> None:
    first = await stores.revocations.revoke(make(stores))
    second = make(stores, number=2, seconds=60)
    later = await stores.revocations.revoke(second)
    earlier = await stores.revocations.revoke(make(stores, number=3, seconds=-60))

    assert later == earlier == replace(first, at=second.at)
    assert await stores.revocations.revocations(TENANT, None, 10) == (later,)


async def test_changes_come_in_order_and_each_target_once(stores: Stores) -> None:
    await stores.revocations.revoke(make(stores, ALICE, 1))
    await stores.revocations.revoke(make(stores, BOB, 2))
    await stores.revocations.revoke(make(stores, ALICE, 3, seconds=5))

    rulings = await stores.revocations.rulings(0, 10)
    assert [ruling.revocation.target for ruling in rulings] == [BOB, ALICE]
    assert [ruling.version for ruling in rulings] == [2, 3]
    assert await stores.revocations.rulings(0, 1) == rulings[:1]
    assert await stores.revocations.rulings(2, 10) == rulings[1:]
    assert await stores.revocations.rulings(3, 10) == ()


async def test_what_was_taken_back_is_told_as_a_change_and_listed_no_more(stores: Stores) -> None:
    revocation = await stores.revocations.revoke(make(stores))
    await stores.revocations.lift(TENANT, revocation.id)

    assert await stores.revocations.revocations(TENANT, None, 10) == ()
    (ruling,) = await stores.revocations.rulings(1, 10)
    assert (ruling.version, ruling.revocation, ruling.holds) == (2, revocation, False)


@pytest.mark.parametrize("tenant", [TENANT, "other"])
async def test_only_what_holds_in_the_own_tenant_can_be_taken_back(stores: Stores, tenant: str) -> None:
    revocation = await stores.revocations.revoke(make(stores))
    if tenant == TENANT:
        await stores.revocations.lift(tenant, revocation.id)

    with pytest.raises(NotFound):
        await stores.revocations.lift(tenant, revocation.id)
    with pytest.raises(NotFound):
        await stores.revocations.lift(tenant, UUID(int=0))
    assert len(await held(stores)) == (tenant != TENANT)


async def test_what_is_revoked_again_has_a_new_id_that_an_old_deletion_does_not_meet(stores: Stores) -> None:
    first = await stores.revocations.revoke(make(stores, number=1))
    await stores.revocations.lift(TENANT, first.id)
    second = await stores.revocations.revoke(make(stores, number=2))

    assert second.id != first.id
    with pytest.raises(NotFound):
        await stores.revocations.lift(TENANT, first.id)
    assert await held(stores) == [second]


async def test_a_tenant_that_holds_too_many_is_refused_and_others_are_not(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (memory, postgres):
        monkeypatch.setattr(module, "MAX_REVOCATIONS", 2)
    bob = await stores.revocations.revoke(make(stores, BOB, 1))
    await stores.revocations.revoke(make(stores, TOKEN, 2))

    with pytest.raises(TooLarge, match="take some back"):
        await stores.revocations.revoke(make(stores, ALICE, 3))
    assert await stores.revocations.revoke(make(stores, BOB, 4, seconds=9)) != bob
    await stores.revocations.revoke(make(stores, replace(ALICE, tenant="other"), 5))
    await stores.revocations.lift(TENANT, bob.id)
    await stores.revocations.revoke(make(stores, ALICE, 6))
    assert len(await held(stores)) == 3


async def test_what_concerns_no_token_any_more_is_forgotten(stores: Stores) -> None:
    await stores.revocations.revoke(make(stores, ALICE, 1))
    await stores.later(REMEMBERED.total_seconds() / 2)
    bob = await stores.revocations.revoke(make(stores, BOB, 2))
    assert await stores.revocations.forget() == 0

    await stores.later(REMEMBERED.total_seconds() / 2 + 1)
    assert await stores.revocations.forget() == 1
    assert await held(stores) == [bob]


async def test_what_was_taken_back_is_remembered_until_everybody_has_learnt_of_it(stores: Stores) -> None:
    revocation = await stores.revocations.revoke(make(stores))
    await stores.revocations.lift(TENANT, revocation.id)
    await stores.later(LIFTED_KEPT - 60)
    assert await stores.revocations.forget() == 0

    await stores.later(120)
    assert await stores.revocations.forget() == 1
    assert await stores.revocations.rulings(0, 10) == ()
    await stores.revocations.revoke(make(stores, number=9))
    (ruling,) = await stores.revocations.rulings(2, 10)
    assert ruling.version == 3
