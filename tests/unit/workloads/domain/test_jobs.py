"""A job names one notification and one channel, and finds the queue of its priority."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.jobs import (
    Channel,
    Failure,
    Job,
    Outcome,
    Queue,
    Status,
    find_poison,
    pack,
    queue_of,
    unpack,
    wait_before,
)
from notifications.domain.notification import Message, Priority, UserKey
from notifications.domain.submission import Copy, Submission, fingerprint, jobs_of

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
USERS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(st.uuids(), USERS, st.sampled_from(Queue))
def test_a_job_survives_the_queue(id: UUID, user: str, queue: Queue) -> None:
    job = Job(id, UserKey("acme", user), Channel.WEBSOCKET, queue)
    assert unpack(pack(job)) == job


def test_a_job_keeps_its_trace_in_the_queue_and_is_the_same_job_in_another() -> None:
    job = Job(UUID(int=1), UserKey("acme", "alice"), Channel.WEBSOCKET, Queue.LOW, trace=TRACE)
    assert unpack(pack(job)).trace == TRACE
    assert {job} == {replace(job, trace=None)}


@given(st.binary(max_size=60) | st.sampled_from([b"{}", b"[]", b"null", b'{"n":1}', b"1", b'"x"']))
def test_whatever_else_the_queue_carries_is_no_job(packed: bytes) -> None:
    with pytest.raises((ValueError, KeyError)):
        unpack(packed)


@given(st.uuids(), st.uuids())
def test_jobs_have_one_id_exactly_if_they_bring_one_notification(one: UUID, other: UUID) -> None:
    jobs = [Job(id, UserKey("acme", "alice"), Channel.WEBSOCKET, Queue.LOW) for id in (one, other)]
    assert (jobs[0].id == jobs[1].id) == (one == other)


@pytest.mark.parametrize(
    ("priority", "queue"),
    [
        (Priority.LOW, Queue.LOW),
        (Priority.NORMAL, Queue.NORMAL),
        (Priority.HIGH, Queue.HIGH),
        (Priority.CRITICAL, Queue.HIGH),
    ],
)
def test_each_priority_has_its_queue(priority: Priority, queue: Queue) -> None:
    assert queue_of(priority) is queue


def test_a_job_is_poison_after_two_takeovers() -> None:
    job = Job(UUID(int=1), UserKey("acme", "alice"), Channel.WEBSOCKET, Queue.LOW)
    ends = [find_poison(job, times) for times in (1, 2, 3, 4)]
    assert ends == [None, None, None, Outcome(job, Status.DEAD, "handed out 4 times", cause=Failure.POISON)]


def test_waits_double_up_to_sixteen_seconds() -> None:
    assert [wait_before(attempt) for attempt in (1, 2, 3, 4, 5, 99)] == [2, 4, 8, 16, 16, 16]


@given(st.lists(USERS, min_size=1, max_size=5, unique=True))
def test_a_submission_makes_one_job_a_recipient(users: list[str]) -> None:
    copies = tuple(Copy(UUID(int=number), user) for number, user in enumerate(users))
    made = jobs_of(_submission(copies))
    assert [(job.notification, job.owner) for job in made] == [(c.id, UserKey("acme", c.user)) for c in copies]
    assert {job.queue for job in made} == {Queue.NORMAL}


@given(st.binary(), st.binary())
def test_bodies_have_one_fingerprint_exactly_if_they_are_the_same(one: bytes, other: bytes) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (one == other)


def _submission(copies: tuple[Copy, ...]) -> Submission:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Submission(UUID(int=99), "acme", at, Message("like", "Hello"), copies, fingerprint(b""))
