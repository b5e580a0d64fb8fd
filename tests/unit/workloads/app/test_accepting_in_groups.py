"""Requests that arrive while a commit runs share the next one."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

import pytest

from notifications.adapters.memory.store import MemoryStore
from notifications.app.accept import Acceptor
from notifications.app.tasks import Tasks
from notifications.domain import limits
from notifications.domain.errors import CommitUnknown, Contended, KeyReused, Unavailable
from notifications.domain.jobs import Job
from notifications.domain.submission import Accepted, Committed, Conflict, Submission, jobs_due
from tests.unit.workloads.app.world import Recorder, clock, in_virtual_time, submission

Accept = Callable[[Submission], Awaitable[Accepted]]


class SlowStore:
    """A memory store whose commits take a second and which remembers the sizes of its groups."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.failure: Exception | None = None
        self.poison: Submission | None = None
        self._store = MemoryStore(clock)

    async def accept(self, submissions: Sequence[Submission]) -> list[Accepted | Conflict]:
        self.groups.append(len(submissions))
        await asyncio.sleep(1)
        if self.failure is not None:
            raise self.failure
        if self.poison in submissions:
            raise ValueError("the database refuses this row")
        return await self._store.accept(submissions)


def acceptor(store: SlowStore, relayed: list[Job]) -> Acceptor:
    def pass_on(committed: Sequence[Committed]) -> None:
        relayed.extend(job for each in committed for job in jobs_due(each.submission, each.placed))

    return Acceptor(store, pass_on, Recorder(), Tasks())


async def accept_behind_two(accept: Accept, submissions: Iterable[Submission]) -> list[Accepted | BaseException]:
    """Send the first two apart, so that each is a group under way, then the others at once."""
    answers = []
    for number, each in enumerate(submissions):
        answers.append(asyncio.ensure_future(accept(each)))
        if number < limits.GROUPS_IN_FLIGHT:
            await asyncio.sleep(0.1)
    return await asyncio.gather(*answers, return_exceptions=True)


@pytest.mark.parametrize(("crowd", "groups"), [(16, [16]), (17, [9, 8]), (50, [25, 25]), (64, [32, 32])])
def test_requests_that_arrive_at_once_share_a_commit_or_two_side_by_side(crowd: int, groups: list[int]) -> None:
    async def work() -> tuple[list[int], float]:
        store = SlowStore()
        accept = acceptor(store, []).accept
        await asyncio.gather(*(accept(submission()) for _ in range(crowd)))
        return store.groups, asyncio.get_running_loop().time()

    assert in_virtual_time(work) == (groups, 1.0)


def test_a_few_that_come_back_wait_for_more() -> None:
    async def work() -> list[int]:
        store = SlowStore()
        accept = acceptor(store, []).accept
        requests = [asyncio.ensure_future(accept(submission())) for _ in range(8)]
        for _ in range(2):
            await asyncio.sleep(0.01)
            requests.append(asyncio.ensure_future(accept(submission())))
        await asyncio.gather(*requests)
        return store.groups

    assert in_virtual_time(work) == [8, 2], "and not 8 and 1 and 1"


def test_nobody_waits_long_for_a_crowd_that_does_not_come() -> None:
    async def work() -> float:
        accept = acceptor(SlowStore(), []).accept
        crowd = [asyncio.ensure_future(accept(submission())) for _ in range(16)]
        await asyncio.sleep(0.01)
        await accept(submission())
        ended = asyncio.get_running_loop().time()
        await asyncio.gather(*crowd)
        return ended

    assert in_virtual_time(work) == pytest.approx(1 + limits.GROUP_SLOW)


def test_a_third_of_a_crowd_does_not_wait_for_the_others() -> None:
    async def work() -> float:
        accept = acceptor(SlowStore(), []).accept
        crowd = [asyncio.ensure_future(accept(submission())) for _ in range(8)]
        await asyncio.sleep(0.01)
        await asyncio.gather(*(accept(submission()) for _ in range(3)))
        ended = asyncio.get_running_loop().time()
        await asyncio.gather(*crowd)
        return ended

    assert in_virtual_time(work) == 1.01


def test_a_request_alone_is_committed_at_once() -> None:
    async def work() -> float:
        await acceptor(SlowStore(), []).accept(submission())
        return asyncio.get_running_loop().time()

    assert in_virtual_time(work) == 1


def test_requests_that_arrive_during_commits_share_the_next_ones() -> None:
    async def work() -> list[int]:
        store = SlowStore()
        await accept_behind_two(acceptor(store, []).accept, [submission() for _ in range(50)])
        return store.groups

    assert in_virtual_time(work) == [1, 1, 25, 23]


def test_a_group_is_bounded_in_requests_and_in_recipients() -> None:
    async def work() -> list[int]:
        store = SlowStore()
        wide = [submission(*(f"user-{n}" for n in range(900))) for _ in range(4)]
        await accept_behind_two(acceptor(store, []).accept, [*wide, *(submission() for _ in range(600))])
        return store.groups

    groups = in_virtual_time(work)
    assert sum(groups) == 604
    assert max(groups) <= limits.GROUP_REQUESTS
    assert groups[2] < limits.GROUP_REQUESTS, "1,800 recipients of two wide requests leave room for 200 more"


def test_jobs_are_relayed_once_their_notification_is_committed() -> None:
    async def work() -> tuple[list[Job], Accepted]:
        relayed: list[Job] = []
        accepted = await acceptor(SlowStore(), relayed).accept(submission("bob", "carol"))
        return relayed, accepted

    relayed, accepted = in_virtual_time(work)
    assert [job.notification for job in relayed] == [placed.id for placed in accepted.placed]


def test_a_replayed_answer_starts_no_jobs() -> None:
    async def work() -> tuple[list[Job], list[Accepted]]:
        relayed: list[Job] = []
        accept = acceptor(SlowStore(), relayed).accept
        answers = [await accept(submission(key="k")) for _ in range(2)]
        return relayed, answers

    relayed, (first, second) = in_virtual_time(work)
    assert len(relayed) == 1
    assert second.replayed
    assert second.placed == first.placed


def test_a_reused_key_is_refused() -> None:
    async def work() -> None:
        accept = acceptor(SlowStore(), []).accept
        await accept(submission(key="k", body=b"a"))
        with pytest.raises(KeyReused):
            await accept(submission(key="k", body=b"b"))

    in_virtual_time(work)


def test_an_unknown_commit_is_told_to_the_whole_group_and_not_repeated() -> None:
    async def work() -> tuple[list[Accepted | BaseException], list[int]]:
        store = SlowStore()
        store.failure = CommitUnknown("the connection died")
        answers = await accept_behind_two(acceptor(store, []).accept, [submission() for _ in range(5)])
        return answers, store.groups

    answers, groups = in_virtual_time(work)
    assert all(isinstance(answer, CommitUnknown) for answer in answers)
    assert groups == [1, 1, 3]


def test_one_refused_member_does_not_take_its_group_with_it() -> None:
    async def work() -> list[object]:
        store = SlowStore()
        accept = acceptor(store, []).accept
        several = [submission() for _ in range(6)]
        store.poison = several[4]
        return await asyncio.gather(*map(accept, several), return_exceptions=True)

    answers = in_virtual_time(work)
    assert [type(answer) for answer in answers] == [Accepted] * 4 + [ValueError, Accepted]


def test_beyond_the_limit_of_waiting_requests_the_answer_is_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_WAITING_REQUESTS", 3)

    async def work() -> Sequence[object]:
        return await accept_behind_two(acceptor(SlowStore(), []).accept, [submission() for _ in range(7)])

    answers = in_virtual_time(work)
    assert [type(answer) for answer in answers] == [Accepted] * 5 + [Unavailable] * 2


def test_one_locked_inbox_does_not_make_its_group_wait_for_nothing() -> None:
    async def work() -> list[object]:
        store = Locked()
        accept = acceptor(store, []).accept
        several = [submission() for _ in range(6)]
        store.poison = several[4]
        return await asyncio.gather(*map(accept, several), return_exceptions=True)

    answers = in_virtual_time(work)
    assert [type(answer) for answer in answers] == [Accepted] * 4 + [Contended, Accepted]


def test_waiting_recipients_are_bounded_as_waiting_requests_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_WAITING_RECIPIENTS", 1_500)

    async def work() -> Sequence[object]:
        wide = [submission(*(f"user-{n}" for n in range(1_000))) for _ in range(5)]
        return await accept_behind_two(acceptor(SlowStore(), []).accept, wide)

    answers = in_virtual_time(work)
    assert [type(answer) for answer in answers] == [Accepted] * 4 + [Unavailable]


class Locked(SlowStore):
    """A store in which one inbox stays locked by somebody else."""

    async def accept(self, submissions: Sequence[Submission]) -> list[Accepted | Conflict]:
        if self.poison in submissions:
            await asyncio.sleep(3)
            raise Contended("lock timeout")
        return await super().accept(submissions)
