"""Ids are UUIDv7: they sort by time, and tell it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.ids import RANDOM_BITS, time_of, uuid7

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC))
RANDOM = st.integers(0, 2**RANDOM_BITS - 1)


@given(MOMENTS, RANDOM)
def test_an_id_is_a_uuid_of_version_7(at: datetime, random: int) -> None:
    id = uuid7(at, random)
    assert (id.version, id.variant) == (7, "specified in RFC 4122")


@given(MOMENTS, RANDOM)
def test_an_id_tells_the_millisecond_it_was_made_in(at: datetime, random: int) -> None:
    assert abs(time_of(uuid7(at, random)) - at) <= timedelta(milliseconds=1)


@given(MOMENTS, RANDOM, RANDOM)
def test_all_ids_of_one_moment_tell_the_same_time(at: datetime, one: int, other: int) -> None:
    assert time_of(uuid7(at, one)) == time_of(uuid7(at, other))


@given(MOMENTS, MOMENTS, RANDOM, RANDOM)
def test_ids_sort_by_their_time(one: datetime, other: datetime, r1: int, r2: int) -> None:
    if other - one > timedelta(milliseconds=1):
        assert uuid7(one, r1) < uuid7(other, r2)


@given(MOMENTS, RANDOM, RANDOM)
def test_ids_of_one_moment_differ_as_their_chance_does(at: datetime, one: int, other: int) -> None:
    assert (uuid7(at, one) == uuid7(at, other)) == (one == other)
