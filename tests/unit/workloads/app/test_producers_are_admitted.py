"""Each tenant may send at its rate, wherever its requests arrive, and nobody while the queues are full."""

import asyncio
from collections.abc import Callable

import pytest

from notifications.app import admission
from notifications.app.admission import Admission, Depth
from notifications.domain.errors import Backlogged, RateLimited, Unavailable
from notifications.domain.limits import DEPTH_CHECK, MAX_QUEUED_JOBS
from notifications.domain.rate import Rate
from tests.unit.workloads.app.world import in_virtual_time

RATE = Rate(per_second=1.0, burst=6.0)


class Queues:
    """Queues of a depth that can be chosen, and that can be away."""

    def __init__(self, jobs: int = 0) -> None:
        self.jobs: int | None = jobs

    async def depth(self, most: int) -> int:
        if self.jobs is None:
            raise Unavailable("down")
        return min(self.jobs, most)


class Time:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def gate(rate: Rate | None = RATE, gateways: Callable[[], int] = lambda: 1, time: Time | None = None) -> Admission:
    return Admission(Depth(Queues()), rate, gateways, time or Time())


def passes(admission: Admission, tenant: str = "acme", tries: int = 20) -> int:
    passed = 0
    for _ in range(tries):
        try:
            admission.admit(tenant)
            passed += 1
        except RateLimited:
            pass
    return passed


def test_without_a_rate_everything_passes() -> None:
    assert passes(gate(rate=None), tries=1_000) == 1_000


def test_each_tenant_has_its_own_bucket() -> None:
    admission = gate()
    assert [passes(admission, tenant) for tenant in ("acme", "other", "acme")] == [6, 6, 0]


def test_gateways_share_what_a_tenant_may_send() -> None:
    assert passes(gate(gateways=lambda: 3)) == 2
    assert passes(gate(gateways=lambda: 100)) == 1


def test_a_share_shrinks_at_once_when_gateways_join_and_grows_when_they_leave() -> None:
    fleet, time = [1], Time()
    admission = gate(gateways=lambda: fleet[0], time=time)
    admission.admit("acme")
    fleet[0] = 3
    assert passes(admission) == 2
    time.now += 3.0
    assert passes(admission) == 1
    fleet[0] = 1
    time.now += 3.0
    assert passes(admission) == 3


def test_the_refusal_says_in_whole_seconds_how_long_to_wait() -> None:
    time = Time()
    admission = gate(Rate(per_second=0.4, burst=1.0), time=time)
    admission.admit("acme")
    with pytest.raises(RateLimited) as refusal:
        admission.admit("acme")
    assert refusal.value.retry_after == 3
    time.now += 3
    admission.admit("acme")


def test_many_at_once_count_as_many() -> None:
    admission = gate()
    admission.admit("acme", 100)
    with pytest.raises(RateLimited) as refusal:
        admission.admit("acme")
    assert refusal.value.retry_after == 95


def test_the_tenant_that_was_silent_longest_is_forgotten_beyond_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MAX_LIMITED_TENANTS", 2)
    door = gate()
    assert [passes(door, tenant) for tenant in ("a", "b", "a", "c", "a", "b")] == [6, 6, 0, 6, 0, 6]


@pytest.mark.parametrize(("jobs", "full"), [(0, False), (MAX_QUEUED_JOBS, False), (MAX_QUEUED_JOBS + 1, True)])
def test_nothing_is_admitted_while_the_queues_are_full(jobs: int, full: bool) -> None:
    async def work() -> bool:
        depth = Depth(Queues(jobs))
        running = asyncio.ensure_future(depth.run())
        await asyncio.sleep(0.01)
        running.cancel()
        try:
            Admission(depth, RATE, lambda: 1, Time()).admit("acme")
        except Backlogged as error:
            return error.retry_after > 1 and depth.ratio > 1
        return False

    assert in_virtual_time(work) == full


def test_it_is_learnt_within_a_look_that_they_are_full_and_that_they_are_not() -> None:
    async def work() -> list[int]:
        queues = Queues()
        depth = Depth(queues)
        running = asyncio.ensure_future(depth.run())
        seen = []
        for jobs in (MAX_QUEUED_JOBS * 5, None, 7):
            queues.jobs = jobs
            await asyncio.sleep(DEPTH_CHECK + 0.01)
            seen.append(depth.jobs)
        running.cancel()
        return seen

    assert in_virtual_time(work) == [MAX_QUEUED_JOBS + 1, MAX_QUEUED_JOBS + 1, 7], "an outage changes nothing"


def test_what_is_refused_for_full_queues_costs_no_token() -> None:
    depth = Depth(Queues())
    admission = Admission(depth, RATE, lambda: 1, Time())
    depth.jobs = MAX_QUEUED_JOBS + 1
    for _ in range(10):
        with pytest.raises(Backlogged):
            admission.admit("acme")
    depth.jobs = 0
    assert passes(admission) == 6
