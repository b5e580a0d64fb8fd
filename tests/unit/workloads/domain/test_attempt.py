"""An attempt that failed is followed by another one, later and later, until there were enough."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.attempt import ATTEMPTS, Attempt
from notifications.domain.errors import LeftAlone, TemporaryFailure
from notifications.domain.jobs import Channel, Job, Outcome, Queue, Status, wait_before
from notifications.domain.limits import BREAKER_OPEN, GIVE_UP_AFTER, LONGEST_RETRY
from notifications.domain.notification import UserKey

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
channels = st.sampled_from(Channel)
asked_for = st.none() | st.floats(0, 3600)
waited = st.floats(0, 3 * GIVE_UP_AFTER)


def make(channel: Channel, failed: int = 0, hand_outs: int = 1, since: float = 0.0) -> Attempt:
    job = Job(UUID(int=1), UserKey("demo", "bob"), channel, Queue.NORMAL)
    return Attempt(job, failed, hand_outs, NOW - timedelta(seconds=since), NOW)


def seconds(outcome: Outcome) -> float:
    """How long a job waits, in the queue or outside; exactly one of them."""
    assert (outcome.wait is None) != (outcome.until is None)
    return outcome.wait if outcome.wait is not None else (outcome.until - NOW).total_seconds()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("channel", "attempts"),
    [(Channel.WEBSOCKET, 1), (Channel.EMAIL, 3), (Channel.WEBHOOK, 4), (Channel.PUSH, 5)],
)
def test_each_channel_has_so_many_attempts_and_then_dies(channel: Channel, attempts: int) -> None:
    outcomes = [make(channel, failed).fail(TemporaryFailure("busy")) for failed in range(attempts)]
    assert [outcome.state for outcome in outcomes] == [Status.RETRYING] * (attempts - 1) + [Status.DEAD]
    assert [outcome.wait for outcome in outcomes[:-1]] == [2.0, 4.0, 8.0, 16.0][: attempts - 1]
    assert all(outcome.attempted for outcome in outcomes)


@given(channel=channels, failed=st.integers(0, 4), asked=asked_for, waited=waited)
def test_nobody_is_asked_again_sooner_than_they_wish_or_than_is_decent(
    channel: Channel, failed: int, asked: float | None, waited: float
) -> None:
    outcome = make(channel, failed, since=waited).fail(TemporaryFailure("busy", asked))
    assert outcome.is_over == (outcome.state is Status.DEAD) == (failed + 1 >= ATTEMPTS[channel])
    if not outcome.is_over:
        assert seconds(outcome) == pytest.approx(max(asked or 0.0, wait_before(failed + 1)), abs=1e-5)


@given(asked=asked_for, hand_outs=st.integers(1, 100))
def test_only_a_short_wait_takes_a_place_in_the_queue_which_then_knows_the_job(
    asked: float | None, hand_outs: int
) -> None:
    outcome = make(Channel.EMAIL, hand_outs=hand_outs).fail(TemporaryFailure("busy", asked))
    stays = (asked or 0.0) <= LONGEST_RETRY
    assert (outcome.wait is not None, outcome.hand_outs) == ((True, hand_outs) if stays else (False, 0))


@given(channel=channels, failed=st.integers(0, 9), asked=asked_for, waited=waited)
def test_what_was_not_tried_loses_no_attempt_and_lives_for_a_day(
    channel: Channel, failed: int, asked: float | None, waited: float
) -> None:
    outcome = make(channel, failed, since=waited).fail(LeftAlone("left alone", asked))
    assert not outcome.attempted
    dead = make(channel, since=waited).since < NOW - timedelta(seconds=GIVE_UP_AFTER)
    assert (outcome.state is Status.DEAD) == outcome.is_over == dead
    if not dead:
        assert seconds(outcome) >= (asked or BREAKER_OPEN) - 1e-6
