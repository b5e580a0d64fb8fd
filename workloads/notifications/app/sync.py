"""Answers a device that asks for what it missed."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from notifications.domain import cursor
from notifications.domain.cursor import Cursor
from notifications.domain.errors import Invalid, Resync
from notifications.domain.inbox import refuse_recovery
from notifications.domain.notification import UserKey
from notifications.ports.store import InboxStore


@dataclass(frozen=True, slots=True)
class Missed:
    """Notifications and changes of read state after a position, in order; `cursor` stands after them."""

    notifications: list[dict[str, object]]
    changes: list[dict[str, object]]
    cursor: str
    has_more: bool


async def changes_since(inbox: InboxStore, owner: UserKey, since: Cursor | datetime, limit: int) -> Missed:
    """Return what came after a cursor or a moment. Raises Resync or Unavailable."""
    head = await inbox.head(owner)
    if isinstance(since, Cursor):
        if reason := refuse_recovery(since, head):
            raise Resync(f"the changes since this cursor cannot be told completely ({reason})")
        after = since.inbox_seq
    else:
        after = await inbox.seq_before(owner, since)
    page = await inbox.read(owner, after, limit)
    events = [(event.name, json.loads(event.body)) for event in page.events]
    return Missed(
        notifications=[body for name, body in events if name == "notification"],
        changes=[body for name, body in events if name != "notification"],
        cursor=cursor.encode(Cursor(head.epoch, page.upto)),
        has_more=page.more,
    )


def parse_since(text: str) -> Cursor | datetime:
    """Read a cursor or an ISO 8601 date. Raises Invalid."""
    try:
        return cursor.decode(text)
    except Invalid:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid("since is neither a cursor nor an ISO 8601 date") from error
    if at.tzinfo is None:
        raise Invalid("since lacks a time zone")
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise Invalid("since is a date outside of the years 1 to 9999") from error
