"""What each channel carries of a notification, or of several together."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications.app.phrasing import Bundle, Phrasing
from notifications.app.typeset import Typesetter
from notifications.domain.errors import NotConfigured
from notifications.domain.jobs import Channel
from notifications.domain.limits import MAX_PUSH_TTL, MAX_UNSUBSCRIBE
from notifications.domain.mail import Address, Mail, make_message_id
from notifications.domain.notification import Notification, Priority, UserKey
from notifications.domain.preferences import bypasses
from notifications.domain.push import Push
from notifications.domain.template import DIGEST_TYPES, Variables, list_choices
from notifications.domain.unsubscribe import Unsubscription
from notifications.domain.variables import Reader, address

MakeLink = Callable[[Unsubscription], str]
"""Returns the https address at which somebody unsubscribes."""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What all mails of an installation have in common. Raises Invalid for a sender that no Message-ID can name.

    Without `make_link` mails have no link to unsubscribe.
    """

    sender: Address
    make_link: MakeLink | None = None

    def __post_init__(self) -> None:
        make_message_id(UUID(int=0), self.sender)

    def find_link(self, wish: Unsubscription | None) -> str | None:
        """Return where to unsubscribe; None where that is not possible, or too long for a header."""
        if wish is None or self.make_link is None:
            return None
        link = self.make_link(wish)
        return link if len(link) <= MAX_UNSUBSCRIBE else None


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail before it is written. `about`: what it tells, as templates name it; `stops`: what its link stops."""

    id: UUID
    owner: UserKey
    type: str
    stops: str | None
    about: Variables


@dataclass(frozen=True, slots=True)
class Composer:
    """Writes messages. Every method raises Unavailable when templates cannot be read; none fails for a template."""

    typesetter: Typesetter
    phrasing: Phrasing
    letterhead: Letterhead | None = None

    async def compose_mail(self, notification: Notification, recipient: Address, reader: Reader) -> Mail:
        """Return the mail for a notification. Raises NotConfigured without a letterhead."""
        message = notification.message
        # Nothing stops what bypasses every wish, so it promises nothing
        stops = None if bypasses(message.type, message.priority) else message.type
        about = {"notification": self.phrasing.describe(notification)}
        letter = Letter(notification.id, notification.owner, message.type, stops, about)
        return await self._write(letter, recipient, reader)

    async def compose_digest_mail(self, bundle: Bundle, recipient: Address, reader: Reader) -> Mail:
        """Return the mail of a digest. Raises NotConfigured without a letterhead."""
        type_ = DIGEST_TYPES[bundle.period]
        letter = Letter(bundle.id, bundle.owner, type_, type_, self.phrasing.describe_all(bundle))
        return await self._write(letter, recipient, reader)

    async def compose_push(self, notification: Notification, reader: Reader, now: datetime) -> Push:
        """Return the push message for a notification."""
        message, owner = notification.message, notification.owner
        about = {"notification": self.phrasing.describe(notification), **address(owner, reader, None)}
        parts = await self._set(owner, message.type, Channel.PUSH, reader, about)
        entity = {"entityType": message.entity.type, "entityId": message.entity.id} if message.entity else {}
        return Push(
            id=notification.id,
            title=parts["title"],
            body=parts["body"],
            data={"notificationId": str(notification.id), "type": message.type, **entity},
            ttl=_seconds_until(message.expires_at, now),
            urgent=message.priority >= Priority.HIGH,
        )

    async def compose_digest_push(self, bundle: Bundle, reader: Reader) -> Push:
        """Return the push message of a digest; the next one of its period takes its place."""
        about = {**self.phrasing.describe_all(bundle), **address(bundle.owner, reader, None)}
        parts = await self._set(bundle.owner, DIGEST_TYPES[bundle.period], Channel.PUSH, reader, about)
        return Push(
            id=bundle.id,
            title=parts["title"],
            body=parts["body"],
            data={"digestId": str(bundle.id), "period": str(bundle.period)},
            collapse_key=f"digest-{bundle.period}",
        )

    async def _write(self, letter: Letter, recipient: Address, reader: Reader) -> Mail:
        if self.letterhead is None:
            raise NotConfigured("mail has no sender")
        wish = letter.stops and Unsubscription(letter.owner, letter.stops, Channel.EMAIL)
        link = self.letterhead.find_link(wish or None)
        about = {**letter.about, **address(letter.owner, reader, link)}
        parts = await self._set(letter.owner, letter.type, Channel.EMAIL, reader, about)
        return Mail(
            message_id=make_message_id(letter.id, self.letterhead.sender),
            sender=self.letterhead.sender,
            recipient=recipient,
            subject=parts["subject"],
            text=parts["text"],
            html=parts.get("html"),
            unsubscribe=link,
        )

    async def _set(
        self, owner: UserKey, type_: str, channel: Channel, reader: Reader, about: Variables
    ) -> dict[str, str]:
        return await self.typesetter.set(owner.tenant, list_choices(type_, channel, reader.locale), about)


def _seconds_until(end: datetime | None, now: datetime) -> int:
    if end is None:
        return MAX_PUSH_TTL
    return min(max(int((end - now).total_seconds()), 0), MAX_PUSH_TTL)
