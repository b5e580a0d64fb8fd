"""Clocks are asked by the minute what they show, and must have been right."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.errors import Invalid
from notifications.domain.local_time import find_zone, next_time

ZONES = (
    "UTC",
    "Europe/Vienna",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Asia/Kathmandu",
    "America/St_Johns",
    "Africa/Casablanca",  # set back for a month each year
    "Pacific/Apia",  # left out a whole day in 2011
)
MINUTE = timedelta(minutes=1)

walls = st.builds(time, st.integers(0, 23), st.integers(0, 59))
moments = st.datetimes(datetime(2011, 12, 1), datetime(2030, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)
# Most days have nothing special: half of the examples begin within two days of a night in which clocks are set.
switches = st.sampled_from(
    [
        datetime(2011, 12, 30, 10, tzinfo=UTC),
        datetime(2026, 3, 8, 7, tzinfo=UTC),
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 4, 4, 15, tzinfo=UTC),
        datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
        datetime(2026, 11, 1, 6, tzinfo=UTC),
    ]
)
near = st.builds(lambda switch, minutes: switch + minutes * MINUTE, switches, st.integers(-2880, 2880))


def comes_to(before: datetime, wall: time, zone: ZoneInfo) -> bool:
    """Whether clocks come to `wall` in the minute after `before`, or jump over it."""
    last, now = before.astimezone(zone).replace(tzinfo=None), (before + MINUTE).astimezone(zone).replace(tzinfo=None)
    if now < last:  # set back: what they come to is what they show
        return now.time() == wall
    day = datetime.combine(last.date(), wall)
    return any(last < day + timedelta(days=offset) <= now for offset in (0, 1, 2))


def scan(after: datetime, wall: time, zone: ZoneInfo) -> datetime:
    while not comes_to(after, wall, zone):
        after += MINUTE
    return after + MINUTE


@given(after=st.one_of(moments, near), wall=walls, name=st.sampled_from(ZONES))
def test_the_next_time_is_what_a_clock_would_have_shown(after: datetime, wall: time, name: str) -> None:
    zone = ZoneInfo(name)

    assert next_time(after, wall, zone) == scan(after, wall, zone)


@given(after=st.one_of(moments, near), wall=walls, weekday=st.integers(0, 6), name=st.sampled_from(ZONES[:-1]))
def test_the_next_time_of_a_weekday_is_on_that_day_and_within_a_week(
    after: datetime, wall: time, weekday: int, name: str
) -> None:
    found = next_time(after, wall, ZoneInfo(name), weekday)

    assert found.astimezone(ZoneInfo(name)).weekday() == weekday
    assert after < found <= after + timedelta(days=7, hours=1)


def test_a_time_that_clocks_skip_is_come_to_when_they_skip_it() -> None:
    after = datetime(2026, 3, 28, 12, tzinfo=UTC)

    assert next_time(after, time(2, 30), ZoneInfo("Europe/Vienna")) == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_a_time_that_comes_twice_counts_twice() -> None:
    zone, first = ZoneInfo("Europe/Vienna"), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    assert next_time(first - MINUTE, time(2, 30), zone) == first
    assert next_time(first, time(2, 30), zone) == first + timedelta(hours=1)


@pytest.mark.parametrize("name", ["", "Nowhere", "../etc/passwd", "/etc/passwd", "Europe", "Europe/Vienna\0", "\ud800"])
def test_what_is_no_time_zone_is_refused_by_name(name: str) -> None:
    with pytest.raises(Invalid, match="timeZone"):
        find_zone(name)
