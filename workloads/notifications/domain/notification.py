"""A notification: what was said, to whom, and how it reads on the wire."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from functools import lru_cache
from typing import Final, overload
from uuid import UUID


class Priority(IntEnum):
    """Stored as a number, written as its lower-case name."""

    LOW = 0
    NORMAL = 1
    HIGH = 2
    CRITICAL = 3


@dataclass(frozen=True, slots=True, order=True)
class UserKey:
    """A user of a tenant: the owner of one inbox. Nothing is looked up without both halves."""

    tenant: str
    user: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused the notification."""

    id: str
    name: str | None = None
    avatar_url: str | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """What the notification is about."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Message:
    """What a producer said once, for all its recipients. `metadata` is the text of a JSON object."""

    type: str
    content: str
    priority: Priority = Priority.NORMAL
    actor: Actor | None = None
    entity: Entity | None = None
    metadata: str = "{}"
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to one person. `seq` is the change of the inbox that created it; 0 while it is not shown there."""

    id: UUID
    owner: UserKey
    seq: int
    message: Message
    created_at: datetime
    read_at: datetime | None = None


@overload
def wire_time(at: datetime) -> str: ...
@overload
def wire_time(at: None) -> None: ...
@overload
def wire_time(at: datetime | None) -> str | None: ...
def wire_time(at: datetime | None) -> str | None:
    """Write a time as clients read it: UTC, milliseconds, `Z`."""
    return None if at is None else _write_time(at)


# What is accepted together was accepted in the same few milliseconds
@lru_cache(maxsize=64)
def _write_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def wire(notification: Notification) -> dict[str, object]:
    """Return the public fields of a notification."""
    message = notification.message
    actor, entity = message.actor, message.entity
    return {
        "id": str(notification.id),
        "seq": notification.seq,
        "type": message.type,
        "content": message.content,
        "priority": message.priority.name.lower(),
        "actor": actor and {"id": actor.id, "name": actor.name, "avatarUrl": actor.avatar_url},
        "entity": entity and {"type": entity.type, "id": entity.id},
        "metadata": json.loads(message.metadata),
        "readAt": wire_time(notification.read_at),
        "createdAt": wire_time(notification.created_at),
    }


_write: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def write_wire(notification: Notification, more: str) -> str:
    """Return the JSON text of `wire`, with `more` fields at its end: written piece by piece it costs a third."""
    message = notification.message
    actor, entity = message.actor, message.entity
    read_at = "null" if notification.read_at is None else f'"{wire_time(notification.read_at)}"'
    whose = "null" if actor is None else _write({"id": actor.id, "name": actor.name, "avatarUrl": actor.avatar_url})
    about = "null" if entity is None else _write({"type": entity.type, "id": entity.id})
    return (
        f'{{"id":"{notification.id}","seq":{notification.seq},"type":{_write(message.type)},'
        f'"content":{_write(message.content)},"priority":"{message.priority.name.lower()}","actor":{whose},'
        f'"entity":{about},"metadata":{message.metadata},"readAt":{read_at},'
        f'"createdAt":"{wire_time(notification.created_at)}",{more}}}'
    )
