"""Who is there by what all gateways tell: one is there if any says so, and gone when none does any more."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.limits import LEASE, PRESENCE_GRACE
from notifications.domain.notification import UserKey
from notifications.domain.presence import Change, News, Place, Presence, Status, find_place
from notifications.domain.rosters import Moment, Rosters
from notifications.domain.topics import Topic

ANN = UserKey("acme", "ann")
DM, GROUP = "dm.1", "group.7"
ONLINE, AWAY, OFFLINE = Status


def at(seconds: float) -> Moment:
    return Moment(seconds, int(seconds * 1000))


def news(gateway: str, version: int, status: Status, *rooms: str, whole: bool = False) -> News:
    return News(gateway, version, {ANN: Presence(status, 0, frozenset(rooms))}, whole)


def told(changes: Iterable[Change]) -> list[tuple[Status, set[str]]]:
    return [(change.after.status, set(change.after.rooms)) for change in changes]


def test_who_joins_is_shown_once_and_found_in_the_room() -> None:
    rosters = Rosters("me")
    assert rosters.hear(news("a", 1, ONLINE, DM), at(0))
    assert told(rosters.settle(at(0))) == [(ONLINE, {DM})]
    assert told(rosters.settle(at(0))) == []
    assert rosters.present(Place("acme", DM)) == {"ann"}
    assert rosters.present(Place("other", DM)) == set()


def test_the_strongest_status_of_all_gateways_counts_in_the_rooms_of_all() -> None:
    rosters = Rosters("me")
    rosters.hear(news("a", 1, AWAY, DM), at(0))
    rosters.hear(news("b", 1, ONLINE, GROUP), at(0))
    assert told(rosters.settle(at(0))) == [(ONLINE, {DM, GROUP})]
    rosters.hear(news("b", 2, OFFLINE, GROUP), at(1))
    (change,) = rosters.settle(at(1))
    assert (change.after.status, DM in change.after.rooms) == (AWAY, True)


def test_who_is_back_elsewhere_within_the_grace_was_never_gone() -> None:
    rosters = Rosters("me")
    rosters.hear(news("a", 1, ONLINE, DM, GROUP), at(0))
    rosters.settle(at(0))
    rosters.hear(news("a", 2, OFFLINE), at(1))
    rosters.hear(news("b", 1, ONLINE, DM), at(2))
    assert told(rosters.settle(at(2))) == []
    rosters.hear(news("b", 2, ONLINE, DM, GROUP), at(3))
    assert told(rosters.settle(at(1 + 3 * PRESENCE_GRACE))) == []


def test_who_does_not_come_back_is_gone_after_the_grace_since_the_moment_of_leaving() -> None:
    rosters = Rosters("me")
    rosters.hear(news("a", 1, ONLINE, DM), at(0))
    rosters.settle(at(0))
    rosters.hear(News("a", 2, {ANN: Presence(OFFLINE, 5000)}), at(5))
    assert told(rosters.settle(at(5 + PRESENCE_GRACE - 0.1))) == []
    (change,) = rosters.settle(at(5 + PRESENCE_GRACE))
    assert change.after == Presence(OFFLINE, 5000)
    assert rosters.present(Place("acme", DM)) == set()


def test_who_hides_is_gone_at_once_and_without_a_grace_later() -> None:
    rosters = Rosters("me")
    rosters.hear(news("a", 1, ONLINE, DM), at(0))
    rosters.settle(at(0))
    rosters.hear(news("a", 2, OFFLINE, DM), at(1))
    assert told(rosters.settle(at(1))) == [(OFFLINE, set())]
    rosters.hear(news("a", 3, OFFLINE), at(2))
    assert told(rosters.settle(at(10))) == []


def test_the_users_of_a_gateway_that_fell_silent_are_gone_after_its_lease() -> None:
    rosters = Rosters("me")
    rosters.hear(news("a", 1, ONLINE, DM), at(0))
    rosters.settle(at(0))
    rosters.expire(at(LEASE - 0.1))
    assert told(rosters.settle(at(LEASE - 0.1))) == []
    rosters.expire(at(LEASE))
    assert told(rosters.settle(at(LEASE))) == [(OFFLINE, set())]


def test_a_sign_of_life_renews_a_lease_and_ours_does_not_end() -> None:
    rosters = Rosters("me")
    rosters.hear(news("a", 1, ONLINE, DM), at(0))
    rosters.hear(news("me", 1, AWAY, GROUP), at(0))
    assert rosters.hear(News("a", 1), at(LEASE - 1))
    rosters.expire(at(LEASE))
    assert told(rosters.settle(at(LEASE))) == [(ONLINE, {DM, GROUP})]


@pytest.mark.parametrize("version", [2, 7])
def test_news_behind_a_gap_are_not_taken_and_asked_for(version: int) -> None:
    rosters = Rosters("me")
    assert not rosters.hear(news("a", version, ONLINE, DM), at(0))
    assert told(rosters.settle(at(0))) == []
    assert rosters.hear(news("a", version, ONLINE, DM, whole=True), at(0))
    assert told(rosters.settle(at(0))) == [(ONLINE, {DM})]


def test_a_sign_of_life_shows_that_the_last_news_were_lost() -> None:
    rosters = Rosters("me")
    assert rosters.hear(news("a", 1, ONLINE, DM), at(0))
    assert not rosters.hear(News("a", 2), at(1))
    assert not rosters.hear(News("a", 2), at(2))


def test_who_is_missing_when_a_gateway_tells_all_has_left() -> None:
    rosters = Rosters("me")
    rosters.hear(news("a", 1, ONLINE, DM), at(0))
    rosters.settle(at(0))
    assert rosters.hear(News("a", 3, {}, whole=True), at(1))
    assert told(rosters.settle(at(1))) == []
    assert told(rosters.settle(at(1 + PRESENCE_GRACE))) == [(OFFLINE, set())]


@pytest.mark.parametrize(
    ("tokens", "seen"),
    [(("dm", "1"), True), (("group", "7", "typing"), True), (("group", "*"), False), (("post", "1"), False)],
)
def test_members_see_each_other_in_rooms_of_two_kinds(tokens: tuple[str, ...], seen: bool) -> None:
    assert (find_place(Topic("acme", tokens)) is not None) is seen


STEPS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from(Status), st.sets(st.sampled_from([DM, GROUP])), st.booleans()),
    max_size=12,
)


@given(STEPS)
def test_whatever_is_lost_on_the_way_all_agree_when_all_was_told_again(
    steps: list[tuple[str, Status, set[str], bool]],
) -> None:
    """Two tables, of which one misses some of the news, end alike; and changes lead from what was shown to what is."""
    whole, lossy = Rosters("x"), Rosters("y")
    versions, last, shown = {"a": 0, "b": 0}, {"a": News("a", 0), "b": News("b", 0)}, Presence(OFFLINE, 0)
    for second, (gateway, status, rooms, is_lost) in enumerate(steps):
        versions[gateway] += 1
        last[gateway] = news(gateway, versions[gateway], status if rooms else OFFLINE, *rooms)
        whole.hear(last[gateway], at(second))
        if not is_lost:
            lossy.hear(last[gateway], at(second))
        for change in whole.settle(at(second)):
            assert change.before.looks_like(shown)
            shown = change.after
    end = at(len(steps) + PRESENCE_GRACE)
    for gateway, version in versions.items():
        lossy.hear(News(gateway, version, last[gateway].users, whole=True), at(len(steps)))
    for rosters in (whole, lossy):
        rosters.settle(end)
    assert whole.find(ANN).looks_like(lossy.find(ANN))
    for room in (DM, GROUP):
        assert whole.present(Place("acme", room)) == lossy.present(Place("acme", room))
