"""Rows of the table `notifications` as the domain knows them."""

from typing import Final

from notifications.adapters.postgres.pool import Record
from notifications.domain.notification import Actor, Entity, Message, Notification, Priority, UserKey

COLUMNS: Final = """
    n.id, n.tenant, n.recipient_id, n.seq, n.type, n.content, n.priority, n.actor_id, n.actor_name, n.actor_avatar_url,
    n.entity_type, n.entity_id, n.metadata, n.created_at, n.read_at, n.expires_at
"""


def notification(row: Record) -> Notification:
    """Read a row that holds COLUMNS."""
    return Notification(
        id=row["id"],
        owner=UserKey(row["tenant"], row["recipient_id"]),
        seq=row["seq"],
        message=_message(row),
        created_at=row["created_at"],
        read_at=row["read_at"],
    )


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
