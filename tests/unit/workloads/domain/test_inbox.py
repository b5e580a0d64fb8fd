"""An inbox is a chain of numbered changes: each event applies after the one before it, whatever lies between."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.cursor import Cursor
from notifications.domain.inbox import (
    Change,
    Head,
    InboxEvent,
    Place,
    chain,
    changed,
    created,
    pack,
    place,
    refuse_recovery,
    unpack,
)
from notifications.domain.notification import Actor, Entity, Message, Notification, Priority, UserKey

AT = datetime(2026, 1, 2, 3, 4, 5, 678_900, UTC)
ID = UUID("01890000-0000-7000-8000-000000000001")
SEQS = st.integers(0, 2**63)


def notification(seq: int, content: str = "Hello", metadata: str = "{}") -> Notification:
    message = Message("like", content, Priority.HIGH, Actor("bob", "Bob"), Entity("post", "7"), metadata)
    return Notification(ID, UserKey("acme", "alice"), seq, message, AT)


def change(seq: int) -> Change:
    return Change("read", seq, AT, 3, (ID,))


@given(st.sets(st.integers(1, 1_000), max_size=20), st.integers(0, 1))
def test_a_chain_has_no_gap_for_a_reader_who_stands_before_it(seqs: set[int], after: int) -> None:
    ordered = sorted(seq + after for seq in seqs)
    events = chain([notification(seq) if seq % 2 else change(seq) for seq in ordered], after)
    position = after
    for event in events:
        assert place(position, event) is Place.NEXT
        position = event.seq
        assert place(position, event) is Place.STALE
    assert [event.seq for event in events] == ordered


@given(SEQS, SEQS, SEQS)
def test_an_event_is_shown_exactly_when_it_is_next(position: int, prev: int, seq: int) -> None:
    found = place(position, InboxEvent("notification", seq, prev, "{}"))
    assert (found is Place.NEXT) == (prev <= position < seq)
    assert (found is Place.STALE) == (seq <= position)


@given(st.text(st.characters(exclude_categories=["Cs"])), SEQS, SEQS)
def test_an_event_survives_the_bus(content: str, seq: int, prev: int) -> None:
    for event in (created(notification(seq, content), prev), changed(change(seq), prev)):
        assert unpack(pack(event)) == event


def test_an_event_keeps_its_trace_on_the_bus() -> None:
    event = replace(created(notification(2, "Hello"), 1), trace="00-0af7-b7ad-01")
    assert unpack(pack(event)).trace == "00-0af7-b7ad-01"
    assert unpack(pack(replace(event, trace=None))).trace is None


@given(st.binary(max_size=60))
def test_whatever_else_the_bus_carries_is_no_event(packed: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - which one is of no interest
        unpack(packed)


def test_a_created_event_shows_the_whole_notification_and_its_place() -> None:
    event = created(notification(5, metadata='{"a":[1]}'), 3)
    assert (event.name, event.seq, event.prev, event.shows) == ("notification", 5, 3, ID)
    assert json.loads(event.body) == {
        "id": str(ID),
        "seq": 5,
        "prev": 3,
        "type": "like",
        "content": "Hello",
        "priority": "high",
        "actor": {"id": "bob", "name": "Bob", "avatarUrl": None},
        "entity": {"type": "post", "id": "7"},
        "metadata": {"a": [1]},
        "readAt": None,
        "createdAt": "2026-01-02T03:04:05.678Z",
    }


def test_a_change_names_what_was_read() -> None:
    event = changed(change(9), 8)
    assert (event.name, event.shows) == ("notification:changed", None)
    assert json.loads(event.body) == {
        "kind": "read",
        "ids": [str(ID)],
        "seq": 9,
        "prev": 8,
        "at": "2026-01-02T03:04:05.678Z",
        "unread": 3,
    }


def test_a_change_of_all_names_up_to_where() -> None:
    body = json.loads(changed(Change("readAll", 9, AT, 0, up_to=8), 8).body)
    assert body["upTo"] == 8
    assert "ids" not in body


@pytest.mark.parametrize(
    ("cursor", "reason"),
    [
        (Cursor(7, 10), None),
        (Cursor(7, 5), None),
        (Cursor(7, 4), "retention"),
        (Cursor(7, 0), "retention"),
        (Cursor(7, 11), "ahead"),
        (Cursor(6, 10), "epoch"),
        (Cursor(8, 99), "epoch"),
    ],
)
def test_recovery_is_refused_where_it_could_not_be_complete(cursor: Cursor, reason: str | None) -> None:
    assert refuse_recovery(cursor, Head(epoch=7, seq=10, floor=5)) == reason
