"""Rows as the domain knows them, and what all statements mean by a notification that is shown."""

from typing import Final

from notifications.adapters.postgres.pool import Record
from notifications.domain.inbox import Change
from notifications.domain.jobs import Channel, Job, Queue
from notifications.domain.notification import Actor, Entity, Message, Notification, Priority, UserKey

COLUMNS: Final = """
    n.id, n.tenant, n.recipient_id, n.seq, n.type, n.content, n.priority, n.actor_id, n.actor_name, n.actor_avatar_url,
    n.entity_type, n.entity_id, n.metadata, n.created_at, n.read_at, n.expires_at
"""
# Of the table `notifications n`
ALIVE: Final = "(n.expires_at IS NULL OR n.expires_at > now()) AND n.cancelled_at IS NULL"
SHOWN: Final = f"n.seq IS NOT NULL AND n.archived_at IS NULL AND {ALIVE}"


def notification(row: Record) -> Notification:
    """Read a row that holds COLUMNS."""
    return Notification(
        id=row["id"],
        owner=UserKey(row["tenant"], row["recipient_id"]),
        seq=row["seq"] or 0,
        message=_message(row),
        created_at=row["created_at"],
        read_at=row["read_at"],
    )


def change(row: Record) -> Change:
    """Read a row of `inbox_changes`."""
    return Change(row["kind"], row["seq"], row["at"], row["unread"], tuple(row["ids"] or ()), row["up_to"])


def job(row: Record) -> Job:
    """Read a row of `outbox`."""
    owner = UserKey(row["tenant"], row["recipient"])
    channel, queue = Channel(row["channel"]), Queue(row["queue"])
    return Job(row["notification_id"], owner, channel, queue, row["turn"], row["digest"])


def _message(row: Record) -> Message:
    return Message(
        type=row["type"],
        content=row["content"],
        priority=Priority(row["priority"]),
        actor=None if row["actor_id"] is None else Actor(row["actor_id"], row["actor_name"], row["actor_avatar_url"]),
        entity=None if row["entity_id"] is None else Entity(row["entity_type"], row["entity_id"]),
        metadata=row["metadata"],
        expires_at=row["expires_at"],
    )
