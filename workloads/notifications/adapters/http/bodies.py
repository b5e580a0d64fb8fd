"""Request bodies: decoded strictly, bounded, and turned into the domain's terms."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from notifications.domain import limits
from notifications.domain.errors import Invalid, TooLarge
from notifications.domain.jobs import Channel
from notifications.domain.network import ENDPOINT
from notifications.domain.notification import Actor, Entity, Message, Priority
from notifications.domain.rooms import check_room
from notifications.domain.text import TYPE, check_depth, check_document, check_id, check_text, check_type

_MAX_ADDRESS: Final = 2048
# The domain checks these, and says better than a decoder what is wrong: here they are only described
Name = Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": limits.MAX_NAME})]
TypeName = Annotated[str, Meta(extra_json_schema={"pattern": f"^{TYPE.pattern}$"})]
Content = Annotated[str, Meta(extra_json_schema={"maxLength": limits.MAX_CONTENT})]
_ENDPOINT: Final = {"pattern": f"^{ENDPOINT.pattern}$", "maxLength": limits.MAX_ENDPOINT}
Endpoint = Annotated[str, Meta(extra_json_schema=_ENDPOINT)]

_B = TypeVar("_B")


class Body(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A JSON object whose unknown fields are refused."""


def one_of(**types: str) -> Meta:
    """Describe an object that has exactly one of these fields, by the types that they have in JSON."""
    choices = [{"required": [name], "properties": {name: {"type": kind}}} for name, kind in types.items()]
    return Meta(extra_json_schema={"oneOf": choices})


class ActorBody(Body, frozen=True):
    """Who caused the notification."""

    id: Name
    name: Annotated[str, Meta(extra_json_schema={"maxLength": limits.MAX_NAME})] | None = None
    avatar_url: Annotated[str, Meta(extra_json_schema={"maxLength": _MAX_ADDRESS})] | None = None


class EntityBody(Body, frozen=True):
    """What the notification is about."""

    type: TypeName
    id: Name


class NotificationBody(Body, frozen=True):
    """`POST /api/notifications`: to `recipients`, or to the members of a `room`; exactly one of both."""

    type: TypeName
    content: Content
    recipients: Annotated[list[Name], Meta(min_length=1, max_length=limits.MAX_RECIPIENTS)] | None = None
    room: Name | None = None
    priority: Literal["low", "normal", "high", "critical"] = "normal"
    actor: ActorBody | None = None
    entity: EntityBody | None = None
    metadata: dict[str, Any] | None = None
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None
    send_at: Annotated[datetime, Meta(tz=True)] | None = None
    channels: Annotated[list[Channel], Meta(min_length=1, max_length=len(Channel))] | None = None


OneBody = Annotated[NotificationBody, one_of(recipients="array", room="string")]
ManyBody = Annotated[list[OneBody], Meta(min_length=1, max_length=limits.MAX_BULK)]
"""`POST /api/notifications/bulk`, of which each body is decoded by itself."""

_notification = msgspec.json.Decoder(NotificationBody)
_many = msgspec.json.Decoder(Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=limits.MAX_BULK)])


def read_notification(raw: bytes) -> NotificationBody:
    """Decode and check a body. Raises Invalid, naming the field, or TooLarge."""
    body = decode(_notification, raw)
    if (body.recipients is None) == (body.room is None):
        raise Invalid("name either recipients or a room, and not both")
    for recipient in body.recipients or ():
        check_id(recipient, "recipients")
    if body.room is not None:
        check_room(body.room, "room")
    return body


def read_many(raw: bytes) -> list[bytes]:
    """Return the bodies of a list, undecoded. Raises Invalid."""
    return [bytes(body) for body in decode(_many, raw)]


def message_of(body: NotificationBody, now: datetime) -> Message:
    """Return what the body says. Raises Invalid or TooLarge."""
    return Message(
        type=check_type(body.type, "type"),
        content=check_text(body.content, "content", limits.MAX_CONTENT),
        priority=Priority[body.priority.upper()],
        actor=_actor(body.actor),
        entity=_entity(body.entity),
        metadata=_metadata(body.metadata or {}),
        expires_at=read_expiry(body.expires_at, now),
    )


def schedule_of(body: NotificationBody, now: datetime) -> datetime | None:
    """Return when the body wants to be shown; None for at once, as for a time that has passed. Raises Invalid."""
    at = body.send_at
    if at is None or at <= now:
        return None
    if at > now + timedelta(seconds=limits.MAX_AHEAD):
        raise Invalid(f"sendAt is more than {limits.MAX_AHEAD // 86_400} days ahead")
    if body.expires_at is not None and body.expires_at <= at:
        raise Invalid("expiresAt must be later than sendAt")
    return _in_utc(at, "sendAt")


def decode(decoder: msgspec.json.Decoder[_B], raw: bytes) -> _B:
    """Decode JSON that is not nested too deeply. Raises Invalid, naming the field."""
    try:
        return decoder.decode(check_depth(raw))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(str(error)) from error


def _actor(body: ActorBody | None) -> Actor | None:
    if body is None:
        return None
    name = None if body.name is None else check_text(body.name, "actor.name", limits.MAX_NAME)
    avatar = None if body.avatar_url is None else check_text(body.avatar_url, "actor.avatarUrl", _MAX_ADDRESS)
    return Actor(check_id(body.id, "actor.id"), name, avatar)


def _entity(body: EntityBody | None) -> Entity | None:
    return None if body is None else Entity(check_type(body.type, "entity.type"), check_id(body.id, "entity.id"))


def read_expiry(at: datetime | None, now: datetime) -> datetime | None:
    """Return when something ends to be shown, in UTC. Raises Invalid for what has passed."""
    if at is None:
        return None
    if at <= now:
        raise Invalid("expiresAt has passed")
    return _in_utc(at, "expiresAt")


def _in_utc(at: datetime, field: str) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise Invalid(f"{field} is beyond the year 9999") from error


def _metadata(document: dict[str, Any]) -> str:
    check_document(document, "metadata")
    raw = msgspec.json.encode(document)
    if len(raw) > limits.MAX_METADATA:
        raise TooLarge(f"metadata is larger than {limits.MAX_METADATA} bytes")
    return raw.decode()
