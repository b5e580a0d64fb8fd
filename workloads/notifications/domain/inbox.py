"""The inbox is a log of changes, numbered per recipient; this file says what comes next and what is missing.

Every event carries `seq`, its own number, and `prev`, the number after which it applies. Numbers between the two hold
nothing for the reader (expired, filtered), so an event may be shown exactly when `prev <= position < seq`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Literal
from uuid import UUID

from notifications.domain.cursor import Cursor
from notifications.domain.errors import Resync
from notifications.domain.notification import Notification, wire_time, write_wire

ChangeKind = Literal["read", "readAll", "archived", "cancelled"]


class Place(Enum):
    """Where an event stands from a reader's position."""

    NEXT = "next"
    GAP = "gap"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """One change as clients receive it. `body` is the text of a JSON object that holds `seq` and `prev` as well.

    `shows` is the notification that the event shows for the first time, if it does. `trace` is the step that brought
    it, as a W3C traceparent.
    """

    name: str
    seq: int
    prev: int
    body: str
    shows: UUID | None = None
    trace: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of read state: of the notifications `ids`, or of all up to the number `up_to`."""

    kind: ChangeKind
    seq: int
    at: datetime
    unread: int
    ids: tuple[UUID, ...] = ()
    up_to: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The end of an inbox: its last number, and the floor below which changes were dropped by retention."""

    epoch: int
    seq: int
    floor: int = 0

    def covers(self, other: "Head") -> bool:
        """Say whether who has seen the inbox up to here has seen all that `other` stands for."""
        return self.epoch == other.epoch and self.seq >= other.seq and self.floor >= other.floor


@dataclass(frozen=True, slots=True)
class InboxPage:
    """Changes after a position, in order, without holes: it covers everything up to `upto`."""

    events: tuple[InboxEvent, ...]
    upto: int
    more: bool


def place(position: int, event: InboxEvent) -> Place:
    """Say whether a reader at `position` may be shown the event now."""
    if event.seq <= position:
        return Place.STALE
    return Place.NEXT if event.prev <= position else Place.GAP


def created(notification: Notification, prev: int, trace: str | None = None) -> InboxEvent:
    """Return the event that shows a notification."""
    body = write_wire(notification, f'"prev":{prev}')
    return InboxEvent("notification", notification.seq, prev, body, notification.id, trace)


def changed(change: Change, prev: int) -> InboxEvent:
    """Return the event that tells other devices of a change of read state."""
    target = {"ids": [str(id) for id in change.ids]} if change.up_to is None else {"upTo": change.up_to}
    body = {"kind": change.kind, **target, "seq": change.seq, "prev": prev, "at": wire_time(change.at)}
    return InboxEvent("notification:changed", change.seq, prev, _text({**body, "unread": change.unread}))


def chain(entries: Iterable[Notification | Change], after: int) -> tuple[InboxEvent, ...]:
    """Turn log entries in order of `seq` into events that follow each other without a gap from `after`."""
    events = []
    for entry in entries:
        events.append(created(entry, after) if isinstance(entry, Notification) else changed(entry, after))
        after = entry.seq
    return tuple(events)


def refuse_recovery(cursor: Cursor, head: Head) -> str | None:
    """Return why the changes since `cursor` cannot be told completely, or None if they can."""
    if cursor.inbox_epoch != head.epoch:
        return "epoch"
    if cursor.inbox_seq > head.seq:
        return "ahead"
    if cursor.inbox_seq < head.floor:
        return "retention"
    return None


def require_kept(after: int, head: Head) -> None:
    """Raise Resync if some of what came after a number was dropped by retention."""
    if after < head.floor:
        raise Resync("the changes since then are no longer kept")


def pack(event: InboxEvent) -> bytes:
    """Write an event for the bus: a line with numbers and name, then the body, which nobody need parse on the way."""
    trace = f" {event.trace}" if event.trace else ""
    return f"{event.seq} {event.prev} {event.name} {event.shows or '-'}{trace}\n{event.body}".encode()


def unpack(packed: bytes) -> InboxEvent:
    """Read what `pack` wrote. Raises ValueError for anything else."""
    header, body = packed.decode().split("\n", 1)
    seq, prev, name, shows, *more = header.split(" ")
    trace = more[0] if more else None
    return InboxEvent(name, int(seq), int(prev), body, None if shows == "-" else UUID(shows), trace)


def _text(body: dict[str, object]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
