"""What OutboxStore promises."""

import asyncio
import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.domain.errors import Unavailable
from notifications.domain.jobs import Channel, Job, Outcome, Queue, Status
from notifications.domain.limits import ADOPTION_GRACE, REDRIVE_AFTER, REDRIVE_SLACK, SWEEP_AFTER
from notifications.domain.notification import Message, Priority
from notifications.domain.submission import jobs_of
from notifications.ports.store import Backlog
from tests.contract.stores import Logged, Producer, Stores, owner
from tests.contract.workers import EMPTY, Worker
from tests.support.waiting import eventually


@pytest.fixture
async def jobs(stores: Stores, producer: Producer) -> list[Job]:
    """Three jobs, due for the sweep."""
    submission = producer.write("alice", "bob", "cleo")
    await stores.submissions.accept([submission])
    await stores.later(SWEEP_AFTER)
    return list(jobs_of(submission))


# mark_published, sweep


async def test_a_fresh_job_is_left_to_the_fast_path(stores: Stores, producer: Producer, worker: Worker) -> None:
    await stores.submissions.accept([producer.write("alice")])
    assert await worker.sweep() == set()


async def test_a_job_that_the_fast_path_missed_is_published(jobs: list[Job], worker: Worker) -> None:
    assert await worker.sweep() == set(jobs)


async def test_a_published_job_is_left_alone(stores: Stores, jobs: list[Job], worker: Worker) -> None:
    await stores.outbox.mark_published(jobs[:2])
    assert await worker.sweep() == {jobs[2]}
    assert await worker.sweep() == set()


async def test_marking_again_and_marking_unknown_jobs_is_harmless(
    stores: Stores, jobs: list[Job], producer: Producer, worker: Worker
) -> None:
    unknown = jobs_of(producer.write("dora"))
    for _ in range(2):
        await stores.outbox.mark_published([*jobs, *unknown])
    assert await worker.sweep() == set()


async def test_only_what_was_acknowledged_counts_as_published(stores: Stores, jobs: list[Job], worker: Worker) -> None:
    async def acknowledge_one(found: Sequence[Job]) -> Collection[Job]:
        return found[:1]

    assert await stores.outbox.sweep(acknowledge_one, EMPTY, 10) == 3
    assert len(await worker.sweep()) == 2


async def test_a_publish_that_fails_leaves_everything_as_it_was(
    stores: Stores, jobs: list[Job], worker: Worker
) -> None:
    async def fail(found: Sequence[Job]) -> Collection[Job]:
        raise Unavailable("the queue is away")

    with pytest.raises(Unavailable, match="queue is away"):
        await stores.outbox.sweep(fail, EMPTY, 10)
    assert await worker.sweep() == set(jobs)


async def test_a_sweep_takes_the_oldest_up_to_its_limit(stores: Stores, producer: Producer, worker: Worker) -> None:
    submissions = []
    for name in ("first", "second", "third"):
        submissions.append(producer.write(name))
        await stores.submissions.accept(submissions[-1:])
        await stores.later(1)
    await stores.later(SWEEP_AFTER)
    assert [await worker.sweep(limit=1) for _ in range(4)] == [*(set(jobs_of(one)) for one in submissions), set()]


async def test_no_two_sweeps_see_the_same_job(stores: Stores, jobs: list[Job], worker: Worker) -> None:
    seen: list[Job] = []
    release = asyncio.Event()

    async def hold(found: Sequence[Job]) -> Collection[Job]:
        seen.extend(found)
        await release.wait()
        return found

    first = asyncio.create_task(stores.outbox.sweep(hold, EMPTY, 2))
    await eventually(lambda: seen, what="the first sweep's publish")
    assert await worker.sweep() == set(jobs) - set(seen)
    release.set()
    assert await first == 2
    assert await worker.sweep() == set()


async def test_a_cancelled_sweep_gives_its_jobs_back(stores: Stores, jobs: list[Job], worker: Worker) -> None:
    holding = asyncio.Event()

    async def hold(found: Sequence[Job]) -> Collection[Job]:
        holding.set()
        await asyncio.Event().wait()
        return found

    sweep = asyncio.create_task(stores.outbox.sweep(hold, EMPTY, 10))
    await holding.wait()
    sweep.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sweep
    assert await worker.sweep() == set(jobs)


async def test_the_fast_path_does_not_wait_for_a_sweep(stores: Stores, jobs: list[Job], worker: Worker) -> None:
    async def publish(found: Sequence[Job]) -> Collection[Job]:
        await stores.outbox.mark_published(found)
        return found

    assert await stores.outbox.sweep(publish, EMPTY, 10) == 3
    assert await worker.sweep() == set()


async def test_a_published_job_without_an_outcome_is_published_again(
    stores: Stores, jobs: list[Job], worker: Worker
) -> None:
    await stores.outbox.mark_published(jobs)
    await stores.later(REDRIVE_AFTER - 10)
    assert await worker.sweep() == set()
    await stores.later(20)
    assert await worker.sweep() == set(jobs)
    assert await worker.sweep() == set()


async def test_a_sweep_that_finds_both_kinds_keeps_its_limit(
    stores: Stores, jobs: list[Job], producer: Producer, worker: Worker
) -> None:
    await stores.outbox.mark_published(jobs)
    await stores.later(REDRIVE_AFTER + 10)
    missed = producer.write("dora")
    await stores.submissions.accept([missed])
    await stores.later(SWEEP_AFTER)
    found = await worker.sweep(limit=2)
    assert (len(found), found & set(jobs_of(missed))) == (2, set(jobs_of(missed)))
    assert len(await worker.sweep(limit=2)) == 2


async def test_what_the_stream_still_holds_is_not_published_again(
    stores: Stores, jobs: list[Job], worker: Worker
) -> None:
    await stores.outbox.mark_published(jobs)
    await stores.later(4 * REDRIVE_AFTER)
    lane = jobs[0].lane
    assert await worker.sweep(ages={**EMPTY, lane: 4 * REDRIVE_AFTER}) == set()
    assert await worker.sweep(ages={**EMPTY, lane: 4 * REDRIVE_AFTER - REDRIVE_SLACK / 2}) == set(), "clocks differ"
    assert await worker.sweep(ages={**EMPTY, lane: 4 * REDRIVE_AFTER - 2 * REDRIVE_SLACK}) == set(jobs)


async def test_what_another_lane_holds_saves_no_job(stores: Stores, jobs: list[Job], worker: Worker) -> None:
    await stores.outbox.mark_published(jobs)
    await stores.later(REDRIVE_AFTER + 10)
    mail = replace(jobs[0], channel=Channel.EMAIL)
    assert await worker.sweep(ages={**EMPTY, mail.lane: 2 * REDRIVE_AFTER}) == set(jobs)


async def test_of_a_lane_of_which_nothing_is_known_only_what_was_missed_is_published(
    stores: Stores, jobs: list[Job], worker: Worker
) -> None:
    await stores.outbox.mark_published(jobs[:2])
    await stores.later(2 * REDRIVE_AFTER)
    assert await worker.sweep(ages={}) == {jobs[2]}


async def test_what_is_more_urgent_is_published_first_however_much_waits(
    stores: Stores, producer: Producer, worker: Worker
) -> None:
    wanted: list[Job] = []
    for priority in (Priority.LOW, Priority.NORMAL, Priority.CRITICAL):
        for user in ("alice", "bob"):
            submission = producer.write(user, message=Message("alarm", "Fire", priority))
            await stores.submissions.accept([submission])
            wanted[:0] = jobs_of(submission)
        await stores.later(60)
    await stores.outbox.mark_published(wanted[:1])
    await stores.later(REDRIVE_AFTER + 10)
    found = [await worker.sweep(limit=2) for _ in range(3)]
    assert found == [set(wanted[:2]), set(wanted[2:4]), set(wanted[4:])]


# adopt_stream


async def test_another_stream_makes_every_job_unpublished(stores: Stores, jobs: list[Job], worker: Worker) -> None:
    await stores.outbox.adopt_stream("monday")
    await stores.later(ADOPTION_GRACE + 1)
    await stores.outbox.mark_published(jobs)
    assert await worker.sweep() == set()
    await stores.later(5)
    assert await stores.outbox.adopt_stream("tuesday")
    assert await worker.sweep() == set(jobs)
    assert await worker.sweep() == set()


async def test_the_same_stream_changes_nothing(stores: Stores, jobs: list[Job], worker: Worker) -> None:
    await stores.outbox.adopt_stream("monday")
    await stores.later(ADOPTION_GRACE + 1)
    await stores.outbox.mark_published(jobs)
    assert not await stores.outbox.adopt_stream("monday")
    assert await worker.sweep() == set()


async def test_the_first_stream_is_not_another(stores: Stores) -> None:
    assert not await stores.outbox.adopt_stream("monday")


async def test_one_of_many_workers_finds_that_the_stream_is_another(stores: Stores) -> None:
    await stores.outbox.adopt_stream("monday")
    found = await asyncio.gather(*(stores.outbox.adopt_stream("tuesday") for _ in range(5)))
    assert found.count(True) == 1


async def test_an_acknowledgement_of_the_lost_stream_that_comes_late_does_not_count(
    stores: Stores, jobs: list[Job], worker: Worker
) -> None:
    await stores.outbox.adopt_stream("monday")
    await stores.outbox.adopt_stream("tuesday")
    await stores.outbox.mark_published(jobs)
    await stores.later(0.1)
    assert await worker.sweep() == set(jobs)
    assert await worker.sweep() == set()


# events


async def test_a_job_shows_its_notification(stores: Stores, jobs: list[Job]) -> None:
    events = await stores.outbox.events(jobs)
    assert set(events) == set(jobs)
    event = events[jobs[1]]
    assert (event.name, event.seq, event.prev, event.shows) == ("notification", 1, 0, jobs[1].notification)
    assert json.loads(event.body)["content"] == "Hello"


async def test_an_event_applies_after_the_number_before_it(stores: Stores, producer: Producer) -> None:
    await producer.send("alice")
    submission = producer.write("alice")
    await stores.submissions.accept([submission])
    (event,) = (await stores.outbox.events(jobs_of(submission))).values()
    assert (event.prev, event.seq) == (1, 2)


async def test_a_settled_job_shows_nothing(stores: Stores, jobs: list[Job]) -> None:
    await stores.outbox.settle([Outcome(jobs[0], Status.SENT)])
    assert set(await stores.outbox.events(jobs)) == set(jobs[1:])


async def test_a_job_of_an_expired_notification_shows_nothing(stores: Stores, producer: Producer) -> None:
    message = Message("greeting", "Soon gone", expires_at=stores.now())
    submission = producer.write("alice", message=message)
    await stores.submissions.accept([submission])
    await stores.later(1)
    assert await stores.outbox.events(jobs_of(submission)) == {}


async def test_a_job_that_names_somebody_else_shows_nothing(stores: Stores, jobs: list[Job]) -> None:
    for thief in (owner("mallory"), owner(jobs[0].owner.user, "other")):
        assert await stores.outbox.events([replace(jobs[0], owner=thief)]) == {}


# settle


async def test_an_outcome_is_logged_and_ends_the_job(stores: Stores, jobs: list[Job], worker: Worker) -> None:
    await stores.outbox.settle([Outcome(jobs[0], Status.SENT), Outcome(jobs[1], Status.OFFLINE, "nobody there")])
    assert await stores.logged(jobs[0]) == Logged("sent", None)
    assert await stores.logged(jobs[1]) == Logged("offline", "nobody there")
    assert await stores.logged(jobs[2]) is None
    assert await worker.sweep() == {jobs[2]}


async def test_settling_again_changes_nothing(stores: Stores, jobs: list[Job]) -> None:
    await stores.outbox.settle([Outcome(jobs[0], Status.SENT)])
    await stores.outbox.settle([Outcome(jobs[0], Status.GONE, "settled before")])
    assert await stores.logged(jobs[0]) == Logged("sent", None)


async def test_an_outcome_told_twice_at_once_is_one(stores: Stores, jobs: list[Job]) -> None:
    await stores.outbox.settle([Outcome(jobs[0], Status.SENT), Outcome(jobs[0], Status.OFFLINE)])
    assert await stores.logged(jobs[0]) == Logged("sent", None)


async def test_a_dead_job_leaves_a_dead_letter(stores: Stores, jobs: list[Job], worker: Worker) -> None:
    await stores.outbox.settle([Outcome(jobs[0], Status.DEAD, "handed out 4 times"), Outcome(jobs[1], Status.SENT)])
    assert await stores.dead_letter(jobs[0]) == "handed out 4 times"
    assert await stores.dead_letter(jobs[1]) is None
    assert await stores.logged(jobs[0]) == Logged("dead", "handed out 4 times")
    assert await worker.sweep() == {jobs[2]}


async def test_workers_that_settle_the_same_jobs_at_once_agree(stores: Stores, jobs: list[Job]) -> None:
    await asyncio.gather(
        *(
            stores.outbox.settle([Outcome(job, state) for job in order])
            for state, order in ((Status.SENT, jobs), (Status.OFFLINE, jobs[::-1])) * 5
        )
    )
    assert {await stores.logged(job) for job in jobs} <= {Logged("sent", None), Logged("offline", None)}


# backlog


async def test_the_backlog_counts_jobs_without_an_outcome(stores: Stores, jobs: list[Job], producer: Producer) -> None:
    await producer.send("alice", message=Message("alarm", "Fire", Priority.HIGH))
    await stores.later(9)
    await stores.outbox.mark_published(jobs)
    await stores.outbox.settle([Outcome(jobs[0], Status.SENT)])
    backlog = await stores.outbox.backlog()
    assert {queue: waiting.depth for queue, waiting in backlog.items()} == {
        Queue.HIGH: 1,
        Queue.NORMAL: 2,
        Queue.LOW: 0,
    }
    assert backlog[Queue.HIGH].oldest == pytest.approx(9, abs=2)
    assert backlog[Queue.NORMAL].oldest == pytest.approx(9 + SWEEP_AFTER, abs=2)
    assert backlog[Queue.LOW] == Backlog(0, 0.0)


async def test_the_depth_counts_what_waits_in_all_queues_up_to_a_bound(
    stores: Stores, jobs: list[Job], producer: Producer
) -> None:
    await producer.send("alice", message=Message("alarm", "Fire", Priority.HIGH))
    await stores.outbox.mark_published(jobs[:2])
    assert [await stores.outbox.depth(most) for most in (100, 4, 3, 1)] == [4, 4, 3, 1]
    await stores.outbox.settle([Outcome(job, Status.SENT) for job in jobs])
    assert await stores.outbox.depth(100) == 1


async def test_what_waits_for_its_time_is_not_counted_in_the_depth(stores: Stores, jobs: list[Job]) -> None:
    until = stores.now() + timedelta(hours=1)
    await stores.outbox.settle([Outcome(jobs[0], Status.HELD, until=until)])
    assert await stores.outbox.depth(100) == 2
    await stores.later(3601)
    assert await stores.outbox.depth(100) == 3
