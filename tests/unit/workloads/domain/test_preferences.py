"""What a person wished for is what happens, in this order, on every day of the year."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.local_time import next_time
from notifications.domain.notification import Priority
from notifications.domain.preferences import (
    DigestHour,
    Frequency,
    Hold,
    Preference,
    QuietHours,
    Show,
    Skip,
    Wishes,
    bypasses,
    decide,
    next_digest,
)

VIENNA = ZoneInfo("Europe/Vienna")
DIGEST = DigestHour()
MINUTE = timedelta(minutes=1)
NIGHT = QuietHours(time(22), time(7), VIENNA)

walls = st.builds(time, st.integers(0, 23), st.integers(0, 59))
zones = st.sampled_from(["UTC", "Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]).map(
    ZoneInfo
)
quiet_hours = st.builds(QuietHours, walls, walls, zones).filter(lambda quiet: quiet.start != quiet.end)
switches = st.sampled_from([datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)])
digests = st.builds(
    Preference,
    frequency=st.sampled_from([Frequency.DAILY, Frequency.WEEKLY]),
    quiet_hours=st.none() | quiet_hours,
    zone=zones,
)
moments = st.builds(lambda switch, minutes: switch + minutes * MINUTE, switches, st.integers(-2880, 2880))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=VIENNA).astimezone(UTC)


@pytest.mark.parametrize(
    ("type_", "priority", "expected"),
    [
        ("system", Priority.LOW, True),
        ("security", Priority.NORMAL, True),
        ("like", Priority.CRITICAL, True),
        ("like", Priority.HIGH, False),
    ],
)
def test_system_security_and_critical_bypass_every_wish(type_: str, priority: Priority, expected: bool) -> None:
    assert bypasses(type_, priority) is expected


def test_nothing_wished_for_is_shown_at_once() -> None:
    assert decide(Wishes(), at(22, 3), DIGEST) == Show()


def test_a_muted_room_goes_before_what_the_user_wishes_for_the_type() -> None:
    assert decide(Wishes(user=Preference(), muted=True), at(22, 12), DIGEST) == Skip("room muted")


def test_the_user_goes_before_the_tenant() -> None:
    wishes = Wishes(user=Preference(), tenant=Preference(enabled=False))

    assert decide(wishes, at(22, 12), DIGEST) == Show()


@pytest.mark.parametrize(
    ("wishes", "who"),
    [(Wishes(user=Preference(enabled=False)), "user"), (Wishes(tenant=Preference(enabled=False)), "tenant")],
)
def test_what_is_disabled_is_skipped_and_says_by_whom(wishes: Wishes, who: str) -> None:
    assert decide(wishes, at(22, 12), DIGEST) == Skip(f"disabled by the {who}")


def test_disabled_goes_before_a_digest_and_a_digest_before_quiet_hours() -> None:
    disabled = Preference(enabled=False, frequency=Frequency.DAILY, quiet_hours=NIGHT)
    daily = Preference(frequency=Frequency.DAILY, quiet_hours=NIGHT, zone=VIENNA)

    assert isinstance(decide(Wishes(user=disabled), at(22, 23), DIGEST), Skip)
    assert decide(Wishes(user=daily), at(22, 23), DIGEST) == Hold(at(23, 9), "daily digest")


def test_quiet_hours_hold_over_midnight_until_they_end() -> None:
    wishes = Wishes(user=Preference(quiet_hours=NIGHT))

    assert decide(wishes, at(22, 21, 59), DIGEST) == Show()
    assert decide(wishes, at(22, 22), DIGEST) == Hold(at(23, 7), "quiet hours")
    assert decide(wishes, at(23, 6, 59), DIGEST) == Hold(at(23, 7), "quiet hours")
    assert decide(wishes, at(23, 7), DIGEST) == Show()


def test_a_weekly_digest_is_due_on_its_weekday() -> None:
    wishes = Wishes(user=Preference(frequency=Frequency.WEEKLY, zone=VIENNA))

    assert decide(wishes, at(22, 12), DIGEST) == Hold(at(23, 9), "weekly digest")  # the 22nd is a Sunday
    assert decide(wishes, at(23, 9), DIGEST) == Hold(at(30, 9), "weekly digest")


@given(quiet=quiet_hours, now=moments)
def test_what_is_held_is_shown_at_the_first_minute_that_is_not_quiet(quiet: QuietHours, now: datetime) -> None:
    decision = decide(Wishes(user=Preference(quiet_hours=quiet)), now, DIGEST)

    shown = now
    while quiet.contain(shown):
        shown += MINUTE
    assert decision == (Show() if shown == now else Hold(shown, "quiet hours"))


def test_a_digest_whose_hour_is_quiet_waits_for_the_end_with_all_that_comes_meanwhile() -> None:
    wish = Preference(frequency=Frequency.DAILY, quiet_hours=QuietHours(time(22), time(10), VIENNA), zone=VIENNA)

    for now in (at(22, 12), at(23, 8), at(23, 9), at(23, 9, 59)):
        assert decide(Wishes(user=wish), now, DIGEST) == Hold(at(23, 10), "daily digest")
    assert decide(Wishes(user=wish), at(23, 10), DIGEST) == Hold(at(24, 10), "daily digest")


@given(now=moments, wish=digests, wall=walls)
def test_everything_since_one_digest_goes_into_the_next(now: datetime, wish: Preference, wall: time) -> None:
    digest, wishes = DigestHour(wall), Wishes(user=wish)

    first = decide(wishes, now, digest)
    assert isinstance(first, Hold)
    just_before = decide(wishes, first.until - MINUTE, digest)
    following = decide(wishes, first.until, digest)

    assert just_before == first
    assert isinstance(following, Hold)
    assert following.until > first.until


@given(now=moments, wish=digests, wall=walls)
def test_a_digest_is_due_at_its_hour_or_at_the_first_minute_after_it_that_is_not_quiet(
    now: datetime, wish: Preference, wall: time
) -> None:
    due = next_digest(wish, now, DigestHour(wall))

    assert due > now
    weekday = 0 if wish.frequency is Frequency.WEEKLY else None
    hour = next_time(due - timedelta(days=10), wall, wish.zone, weekday)
    while (following := next_time(hour, wall, wish.zone, weekday)) <= due:
        hour = following
    assert not is_quiet(wish, due)
    while hour < due:
        assert is_quiet(wish, hour)
        hour += MINUTE


def is_quiet(wish: Preference, moment: datetime) -> bool:
    return wish.quiet_hours is not None and wish.quiet_hours.contain(moment)
