"""A gateway knows what is revoked: at once by a signal, by itself a little later, and after every outage."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest

from notifications.adapters.memory.bus import MemoryInboxBus, MemoryRevocationBus
from notifications.adapters.memory.revocations import MemoryRevocations
from notifications.app.hub import Arrival, Hub
from notifications.app.revocations import Revocations
from notifications.app.tasks import Tasks
from notifications.app.upkeep import dismiss_revoked
from notifications.domain.errors import NotFound, Revoked, Unavailable
from notifications.domain.limits import LIFTED_KEPT, REVOCATION_PACE, REVOCATION_POLL
from notifications.domain.notification import UserKey
from notifications.domain.principal import Principal
from notifications.domain.revocation import Claim, Revocation, Ruling, Target
from tests.unit.workloads.app.world import BOB, MemorySocket, Reports, clock, in_virtual_time, principal, store_with

_numbers = count(1)


class Record(MemoryRevocations):
    """A record that can be away, and counts how often it was looked at."""

    def __init__(self) -> None:
        super().__init__(clock)
        self.away = False
        self.looks = 0

    async def rulings(self, after: int, limit: int) -> tuple[Ruling, ...]:
        self.looks += 1
        await asyncio.sleep(0.001)
        if self.away:
            raise Unavailable("down")
        return await super().rulings(after, limit)


class Deaf(MemoryRevocationBus):
    """A bus that loses every signal."""

    async def announce(self) -> None:
        return


def of_bob(claim: Claim = Claim.SUB, value: str = BOB.user) -> Revocation:
    return Revocation(UUID(int=next(_numbers)), Target(BOB.tenant, claim, value), clock())


def is_refused(revocations: Revocations, who: Principal) -> bool:
    try:
        return revocations.check(who) is None
    except Revoked:
        return True


def following(work: Callable[[Revocations, Record], Awaitable[object]], bus: MemoryRevocationBus) -> object:
    """Run `work` while a gateway follows a record that somebody else writes."""

    async def run() -> object:
        record = Record()
        revocations = Revocations(record, bus, clock)
        running = asyncio.ensure_future(revocations.run())
        await asyncio.sleep(10)
        result = await work(revocations, record)
        running.cancel()
        return result

    return in_virtual_time(run)


def test_a_revoked_user_is_refused_and_others_are_not() -> None:
    async def work() -> list[bool]:
        revocations = Revocations(Record(), MemoryRevocationBus(), clock)
        await asyncio.sleep(100)
        await revocations.revoke(of_bob())
        others = (UserKey(BOB.tenant, "carol"), UserKey("other", BOB.user))
        return [is_refused(revocations, principal(who)) for who in (BOB, *others)]

    assert in_virtual_time(work) == [True, False, False]


@pytest.mark.parametrize(("issued", "refused"), [(None, True), (99.0, True), (100.0, True), (100.5, False)])
def test_of_a_user_what_was_issued_until_then_is_refused(issued: float | None, refused: bool) -> None:
    async def work() -> bool:
        revocations = Revocations(Record(), MemoryRevocationBus(), clock)
        begun = clock()
        await asyncio.sleep(100)
        await revocations.revoke(of_bob())
        issued_at = None if issued is None else begun + timedelta(seconds=issued)
        return is_refused(revocations, replace(principal(), issued_at=issued_at))

    assert in_virtual_time(work) == refused


def test_a_token_is_refused_by_its_id_whenever_it_was_issued() -> None:
    async def work() -> list[bool]:
        revocations = Revocations(Record(), MemoryRevocationBus(), clock)
        await revocations.revoke(of_bob(Claim.JTI, "t1"))
        later = clock() + timedelta(days=1)
        return [
            is_refused(revocations, replace(principal(), token_id=id, issued_at=later)) for id in ("t1", "t2", None)
        ]

    assert in_virtual_time(work) == [True, False, False]


def test_an_id_of_a_token_is_no_name_of_a_user() -> None:
    async def work() -> bool:
        revocations = Revocations(Record(), MemoryRevocationBus(), clock)
        await revocations.revoke(of_bob(Claim.JTI, BOB.user))
        return is_refused(revocations, principal())

    assert not in_virtual_time(work)


def test_what_was_taken_back_counts_again() -> None:
    async def work() -> list[bool]:
        revocations = Revocations(Record(), MemoryRevocationBus(), clock)
        holds = await revocations.revoke(of_bob())
        seen = [is_refused(revocations, principal())]
        await revocations.lift(BOB.tenant, holds.id)
        with pytest.raises(NotFound):
            await revocations.lift(BOB.tenant, holds.id)
        return [*seen, is_refused(revocations, principal())]

    assert in_virtual_time(work) == [True, False]


def test_a_signal_is_followed_at_once() -> None:
    async def work(revocations: Revocations, record: Record) -> object:
        await record.revoke(of_bob())
        await bus.announce()
        await asyncio.sleep(0.01)
        return is_refused(revocations, principal())

    bus = MemoryRevocationBus()
    assert following(work, bus)


def test_without_signals_it_is_learnt_by_the_next_look() -> None:
    async def work(revocations: Revocations, record: Record) -> object:
        await record.revoke(of_bob())
        at_once = is_refused(revocations, principal())
        await asyncio.sleep(REVOCATION_POLL + 0.01)
        return at_once, is_refused(revocations, principal())

    assert following(work, Deaf()) == (False, True)


def test_a_storm_of_signals_is_followed_at_a_pace() -> None:
    async def work(revocations: Revocations, record: Record) -> object:
        before = record.looks
        for _ in range(1_000):
            await bus.announce()
            await asyncio.sleep(0.001)
        return record.looks - before

    bus = MemoryRevocationBus()
    looks = following(work, bus)
    assert isinstance(looks, int)
    assert 3 <= looks <= 1 / REVOCATION_PACE + 2


def test_an_outage_of_the_record_forgets_nothing_and_is_made_up_for() -> None:
    async def work(revocations: Revocations, record: Record) -> object:
        await revocations.revoke(of_bob())
        record.away = True
        await asyncio.sleep(60)
        seen = [is_refused(revocations, principal())]
        await record.revoke(of_bob(Claim.JTI, "t1"))
        record.away = False
        await asyncio.sleep(REVOCATION_POLL + 0.01)
        return [*seen, is_refused(revocations, replace(principal(UserKey(BOB.tenant, "carol")), token_id="t1"))]

    assert following(work, Deaf()) == [True, True]


def test_after_a_long_outage_all_is_learnt_anew_and_nobody_slips_in_meanwhile() -> None:
    async def work(revocations: Revocations, record: Record) -> object:
        await revocations.revoke(of_bob())
        carol = UserKey(BOB.tenant, "carol")
        lifted = await revocations.revoke(of_bob(value=carol.user))
        record.away = True
        await asyncio.sleep(LIFTED_KEPT + 60)
        await record.lift(BOB.tenant, lifted.id)
        await asyncio.sleep(LIFTED_KEPT + 60)
        assert await record.forget() == 1
        record.away = False
        slipped = 0
        for _ in range(300):
            await asyncio.sleep(0.01)
            slipped += not is_refused(revocations, principal())
        return slipped, is_refused(revocations, principal(carol))

    assert following(work, Deaf()) == (0, False)


def test_sockets_of_a_revoked_token_are_told_and_sent_away_for_good() -> None:
    async def work() -> list[MemorySocket]:
        hub = Hub("gateway-0", await store_with(0), MemoryInboxBus(), Reports(), Tasks())
        revocations = Revocations(Record(), MemoryRevocationBus(), clock)
        revocations.on_change = lambda: dismiss_revoked(hub, revocations.check)
        sockets = [MemorySocket(name) for name in ("bob's", "carol's")]
        await hub.join(Arrival(sockets[0], principal()))
        await hub.join(Arrival(sockets[1], principal(UserKey(BOB.tenant, "carol"))))
        await revocations.revoke(of_bob())
        return sockets

    bobs, carols = in_virtual_time(work)
    assert [name for name in bobs.names() if name in ("error", "disconnect")] == ["error", "disconnect"]
    assert next(body for name, body, _ in bobs.sent if name == "error")["code"] == "REVOKED"
    assert bobs.closed
    assert not carols.closed
