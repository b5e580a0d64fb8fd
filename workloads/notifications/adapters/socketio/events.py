"""What clients may ask over a socket."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from notifications.adapters.socketio.answering import Answer, read_only
from notifications.adapters.socketio.packets import Event
from notifications.app.read_state import ReadState
from notifications.app.session import Session
from notifications.app.sync import changes_since, parse_since
from notifications.domain import cursor
from notifications.domain.errors import Invalid, NotFound, Unavailable
from notifications.domain.limits import PAGE
from notifications.domain.notification import UserKey, wire_time
from notifications.domain.principal import Principal
from notifications.ports.store import InboxStore
from notifications.ports.telemetry import Telemetry

Refresh = Callable[[Session, object], Principal]
"""Verifies a token that a session is to go on with, and returns who it is by then; raises Refused."""
Handler = Callable[[Session, tuple[Any, ...]], Awaitable[Answer]]
_MOST_IDS = 100
# What clients do to keep up does not count against what they may do
_FREE: Final = frozenset({"client:ping", "notifications:ack", "subscriptions:sync"})


class ClientEvents:
    """Serves each event of the contract by its name."""

    def __init__(
        self,
        inbox: InboxStore,
        read_state: ReadState,
        refresh: Refresh,
        others: Mapping[str, Handler],
        telemetry: Telemetry,
    ) -> None:
        self._inbox = inbox
        self._read_state = read_state
        self._refresh = refresh
        self._telemetry = telemetry
        self.spend: Callable[[UserKey], Awaitable[None]] = _spend_nothing
        """Counts an event of a user, perhaps after a while; raises RateLimited, and it is not served."""
        self._handlers: dict[str, Handler] = {
            **others,
            "notification:read": self._read,
            "notification:readAll": self._read_all,
            "notifications:sync": self._sync,
            "notifications:ack": self._acknowledge,
            "auth:refresh": self._go_on,
            "client:ping": self._ping,
        }

    async def serve(self, session: Session, event: Event) -> Answer:
        """Return the answer, or raise Refused or Unavailable. Nothing is served to who was sent away meanwhile."""
        if event.name not in _FREE:
            await self.spend(session.principal.owner)
            if session.ended:
                raise Unavailable("the connection has ended")
        handler = self._handlers.get(event.name)
        if handler is None:
            raise Invalid(f"unknown event {event.name[:64]!r}")
        self._telemetry.received(event.name)
        return await handler(session, event.arguments)

    async def _read(self, session: Session, arguments: tuple[Any, ...]) -> Answer:
        change = await self._read_state.mark(session.principal.owner, _ids(read_only(arguments)))
        return {"unread": change.unread} if change else {}

    async def _read_all(self, session: Session, arguments: tuple[Any, ...]) -> Answer:
        change = await self._read_state.mark_all(session.principal.owner)
        return {"unread": change.unread} if change else {}

    async def _sync(self, session: Session, arguments: tuple[Any, ...]) -> Answer:
        wish = read_only(arguments)
        if not isinstance(wish, dict) or not isinstance(wish.get("since"), str):
            raise Invalid("notifications:sync takes {since: a cursor or an ISO 8601 date, limit?}")
        missed = await changes_since(
            self._inbox, session.principal.owner, parse_since(wish["since"]), _limit(wish.get("limit", PAGE))
        )
        return {
            "notifications": missed.notifications,
            "changes": missed.changes,
            "cursor": missed.cursor,
            "hasMore": missed.has_more,
        }

    async def _acknowledge(self, session: Session, arguments: tuple[Any, ...]) -> Answer:
        told = read_only(arguments)
        if not isinstance(told, dict) or not isinstance(told.get("cursor"), str):
            raise Invalid("notifications:ack takes {cursor}")
        at = cursor.decode(told["cursor"])
        # What a device got by asking for changes it may acknowledge before the same has come as events
        if at.inbox_seq > session.position and at.inbox_seq > (await self._inbox.head(session.principal.owner)).seq:
            raise Invalid("the cursor is ahead of the inbox")
        session.acknowledge(at)
        return {}

    async def _go_on(self, session: Session, arguments: tuple[Any, ...]) -> Answer:
        told = read_only(arguments)
        if not isinstance(told, dict):
            raise Invalid("auth:refresh takes {token}")
        return {"expiresAt": wire_time(self._refresh(session, told.get("token")).expires_at)}

    async def _ping(self, session: Session, arguments: tuple[Any, ...]) -> Answer:
        return {"serverTime": wire_time(datetime.now(UTC))}


async def _spend_nothing(_: UserKey) -> None:
    """Nothing is counted."""


def _ids(value: object) -> list[UUID]:
    texts: list[Any] = value if isinstance(value, list) else [value]
    if not 1 <= len(texts) <= _MOST_IDS:
        raise Invalid(f"give 1 to {_MOST_IDS} notification ids")
    try:
        return [UUID(text) for text in texts]
    except (ValueError, AttributeError, TypeError) as error:
        raise NotFound("there is no such notification") from error


def _limit(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= PAGE:
        raise Invalid(f"limit must be 1 to {PAGE}")
    return value
