"""Presence on core NATS: JSON on one subject for all gateways, and on one for each.

What a gateway tells of thousands of users goes out in parts, which arrive in their order or are dropped together.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from notifications.adapters.nats.client import Message
from notifications.adapters.nats.connection import Connection
from notifications.domain import subjects
from notifications.domain.errors import Unavailable
from notifications.domain.limits import MAX_NAME, MAX_PRESENCE_ROOMS, MAX_ROOM_SUBJECT, PRESENCE_PART
from notifications.domain.notification import UserKey
from notifications.domain.presence import News, Presence, Status

log: Final = logging.getLogger(__name__)

_Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
_Room = Annotated[str, Meta(min_length=1, max_length=MAX_ROOM_SUBJECT)]
_Number = Annotated[int, Meta(ge=0, le=2**47)]
_LATEST: Final = 253_402_300_799_000
"""The end of the year 9999."""


class _Line(msgspec.Struct, frozen=True, array_like=True):
    """One user."""

    tenant: _Name
    user: _Name
    status: Status
    since: Annotated[int, Meta(ge=0, le=_LATEST)]
    rooms: Annotated[list[_Room], Meta(max_length=MAX_PRESENCE_ROOMS)]


class _Part(msgspec.Struct, frozen=True, tag="news"):
    """A part of news, which `part` numbers from 0; whatever else a newer gateway says is not for us."""

    gateway: _Name
    version: _Number
    whole: bool
    part: _Number
    last: bool
    users: list[_Line]


class _Sheet(msgspec.Struct, frozen=True, tag="news"):
    """The same with users that are encoded already."""

    gateway: str
    version: int
    whole: bool
    part: int
    last: bool
    users: list[msgspec.Raw]


class _Question(msgspec.Struct, frozen=True, tag="ask"):
    """Somebody wants to be told all."""

    gateway: _Name


_decoder: Final = msgspec.json.Decoder(_Part | _Question)


@dataclass(slots=True)
class _Half:
    """News of which parts are missing."""

    version: int
    parts: int = 0
    users: dict[UserKey, Presence] = field(default_factory=dict)


class NatsPresenceBus:
    """The port PresenceBus for the gateway `me`."""

    def __init__(self, me: str, connection: Connection) -> None:
        self._me = me
        self._connection = connection
        self._halves: dict[str, _Half] = {}

    def listen(self, on_news: Callable[[News], None], on_question: Callable[[str], None]) -> None:
        """Call these for what can be read; whatever else arrives is ignored."""

        def on_message(message: Message) -> None:
            match read_message(message.data):
                case _Question(gateway):
                    on_question(gateway)
                case _Part() as part if news := self._put_together(part):
                    on_news(news)

        for subject in (_subject(None), _subject(self._me)):
            self._connection.listen(subject, on_message)

    def tell(self, news: News, to: str | None = None) -> None:
        """Publish news in as many parts as they need."""
        pages = list(_divide(news)) or [[]]
        for number, lines in enumerate(pages):
            last = number == len(pages) - 1
            self._publish(to, _Sheet(news.gateway, news.version, news.whole, number, last, lines))

    def ask(self, of: str | None = None) -> None:
        """Publish a question."""
        self._publish(of, _Question(self._me))

    def _publish(self, to: str | None, message: msgspec.Struct) -> None:
        with suppress(Unavailable):
            self._connection.publish(_subject(to), msgspec.json.encode(message))

    def _put_together(self, part: _Part) -> News | None:
        """Return the news that a part completes."""
        if part.last and part.part == 0:
            return News(part.gateway, part.version, _read(part.users), part.whole)
        half = _Half(part.version) if part.part == 0 else self._halves.pop(part.gateway, None)
        if half is None or (half.version, half.parts) != (part.version, part.part):
            return None
        half.parts += 1
        half.users |= _read(part.users)
        if part.last:
            return News(part.gateway, part.version, half.users, part.whole)
        self._halves[part.gateway] = half
        return None


def read_message(data: bytes) -> _Part | _Question | None:
    """Return what a gateway says, or None for junk."""
    try:
        message: _Part | _Question = _decoder.decode(data)
    except ValueError as error:
        log.debug("ignored a message that says nothing of presence: %s", error)
        return None
    return message


def _subject(gateway: str | None) -> str:
    return f"{subjects.PRESENCE}.{'all' if gateway is None else subjects.token(gateway)}"


def _divide(news: News) -> Iterator[list[msgspec.Raw]]:
    """Yield the users of news in lists of at most PRESENCE_PART bytes, or of one user."""
    page: list[msgspec.Raw] = []
    size = 0
    for user, presence in news.users.items():
        line = _Line(user.tenant, user.user, presence.status, presence.since, list(presence.rooms))
        data = msgspec.json.encode(line)
        if page and size + len(data) > PRESENCE_PART:
            yield page
            page, size = [], 0
        page.append(msgspec.Raw(data))
        size += len(data)
    if page:
        yield page


def _read(lines: Iterable[_Line]) -> dict[UserKey, Presence]:
    return {UserKey(line.tenant, line.user): Presence(line.status, line.since, frozenset(line.rooms)) for line in lines}
