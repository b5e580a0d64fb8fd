"""All sessions of one gateway."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from notifications.app.expiry import Expiry
from notifications.app.feed import Feed
from notifications.app.groups import Groups
from notifications.app.reader import InboxReader
from notifications.app.recovery import Recovery, Return
from notifications.app.session import Report, Session
from notifications.app.tasks import Tasks
from notifications.app.watch import PositionWatch
from notifications.domain import cursor
from notifications.domain.cursor import Cursor
from notifications.domain.errors import Forbidden, Invalid
from notifications.domain.inbox import Head, InboxEvent, refuse_recovery
from notifications.domain.introduction import SILENT, Introduction
from notifications.domain.limits import HEADS_AT_ONCE, PENDING_SHOWN
from notifications.domain.notification import UserKey, wire, wire_time
from notifications.domain.principal import Principal
from notifications.ports.bus import InboxBus
from notifications.ports.socket import Socket
from notifications.ports.store import InboxStore, Pending

CAPABILITIES = ("inbox", "cursor", "sync", "ack", "refresh", "presence", "batch")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A socket whose token was verified, the cursor that it presented, and what it said of itself."""

    socket: Socket
    principal: Principal
    cursor: str | None = None
    introduction: Introduction = SILENT
    private_id: str | None = None
    """The `pid` of a stock client that comes back, and `offset`, the cursor that it took from what it was sent."""
    offset: str | None = None
    accept: Callable[[str | None], None] = lambda _: None
    """Answers that it is let in, under which private id; nothing may be sent to the socket before."""

    @property
    def presented(self) -> str | None:
        """Where it stood, as it says itself."""
        return self.offset if self.cursor is None else self.cursor


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a session begins, and why it could not begin where the client was."""

    at: Cursor
    recovered: bool
    reason: str | None = None


class Hub:
    """Lets sockets in and out, and hands events to those of their owner."""

    def __init__(self, server: str, inbox: InboxStore, bus: InboxBus, report: Report, tasks: Tasks) -> None:
        self._server = server
        self._inbox = inbox
        self._bus = bus
        self._report = report
        self._tasks = tasks
        self._reader = InboxReader(inbox)
        self._heads = Groups(self._read_heads, HEADS_AT_ONCE)
        self._feeds: dict[UserKey, Feed] = {}
        self.watch = PositionWatch(inbox, self.check, tasks)
        self.expiry = Expiry()
        self.recovery: Recovery | None = None
        """Finds what stock clients come back to; without one nobody is told a private id."""
        self.on_refresh: Callable[[Session], None] = lambda _: None
        """Called when a session goes on with another token: what its claims allow may have changed."""

    def __len__(self) -> int:
        return sum(len(feed.sessions) for feed in self._feeds.values())

    def sessions(self) -> Iterator[Session]:
        """Yield every session, of a moment: it is safe to end them meanwhile."""
        for feed in tuple(self._feeds.values()):
            yield from tuple(feed.sessions)

    def of(self, owner: UserKey) -> tuple[Session, ...]:
        """Return the sessions of one owner."""
        return tuple(feed.sessions) if (feed := self._feeds.get(owner)) else ()

    def owners(self) -> list[UserKey]:
        """Return whose inboxes are held here."""
        return list(self._feeds)

    async def join(self, arrival: Arrival) -> Session:
        """Greet a socket and bring it up to date. Raises Unavailable: then it must come back later."""
        session = Session(arrival.socket, arrival.principal, self._reader, self._report, self._tasks)
        session.introduction = arrival.introduction
        feed = self._enter(session)
        try:
            await feed.ready()
            await self._greet(session, arrival)
        except BaseException:
            self.leave(session)
            raise
        self.expiry.add(session)
        self.watch.soon(arrival.principal.owner)
        return session

    def leave(self, session: Session) -> None:
        """Forget a session; harmless to repeat."""
        session.end()
        if self.recovery:
            self.recovery.leave(session)
        self.expiry.discard(session)
        owner = session.principal.owner
        feed = self._feeds.get(owner)
        if feed is None or session not in feed.sessions:
            return
        del feed.sessions[session]
        if not feed.sessions:
            del self._feeds[owner]
            feed.close()

    def refresh(self, session: Session, principal: Principal) -> Principal:
        """Let a session go on with another token of its user, and return that. Raises Forbidden for somebody else's."""
        if principal.owner != session.principal.owner:
            raise Forbidden("the token is of another user than the one that this connection was opened for")
        session.principal = principal
        if (feed := self._feeds.get(principal.owner)) and session in feed.sessions:
            self.expiry.add(session)
        self.on_refresh(session)
        return principal

    def holds(self, owner: UserKey) -> bool:
        """Return whether an owner has sessions here."""
        return owner in self._feeds

    def offer(self, owner: UserKey, event: InboxEvent) -> None:
        """Hand an event of an owner to its sessions here."""
        if feed := self._feeds.get(owner):
            feed.offer(event)

    def check(self, owner: UserKey, head: int) -> None:
        """Make the sessions catch up that are behind the head."""
        if feed := self._feeds.get(owner):
            for session in tuple(feed.sessions):
                session.check(head)

    def _enter(self, session: Session) -> Feed:
        owner = session.principal.owner
        feed = self._feeds.get(owner)
        if feed is None:
            feed = self._feeds[owner] = Feed(owner, self._bus, self._tasks, self.watch.soon)
        feed.sessions[session] = None
        return feed

    async def _greet(self, session: Session, arrival: Arrival) -> None:
        returned = await self._find_return(arrival)
        presented = arrival.presented if returned else arrival.cursor
        head = await self._heads.ask(session.principal.owner)  # after the subscription: what comes later comes live
        start = _start(presented, head)
        if not start.recovered:
            returned = None
        if self.recovery:
            session.private_id = returned.private_id if returned else self.recovery.make_id(session.principal.owner)
        arrival.accept(session.private_id)
        if not start.recovered:
            await self._greet_afresh(session, head, start.reason)
            return
        self._send_connected(session, start)
        if self.recovery and returned:
            self.recovery.stand(session, returned, start.at)
        session.begin(start.at, behind=start.at.inbox_seq < head.seq)
        if self.recovery and returned:
            await self.recovery.resume(session, returned, start.at)

    async def _find_return(self, arrival: Arrival) -> Return | None:
        if self.recovery is None or arrival.private_id is None or arrival.presented is None:
            return None
        try:
            at = cursor.decode(arrival.presented)
        except Invalid:
            return None
        return await self.recovery.find(arrival.principal, arrival.private_id, at)

    async def _greet_afresh(self, session: Session, head: Head, reason: str | None) -> None:
        pending = await self._find_pending(session.principal.owner, head)
        start = _Start(Cursor(pending.head.epoch, pending.head.seq), recovered=False)
        self._send_connected(session, start)
        if reason:
            session.socket.send("notifications:resync", json.dumps({"reason": reason}))
        shown = {
            "notifications": [wire(notification) for notification in pending.notifications],
            "hasMore": pending.has_more,
            "cursor": cursor.encode(start.at),
        }
        session.socket.send("notifications:pending", json.dumps(shown, ensure_ascii=False))
        # A stock client takes the position as its offset, so it must not know it before it was shown what lies behind
        session.socket.send("position", json.dumps(cursor.encode(start.at)))
        session.begin(start.at, tuple(notification.id for notification in pending.notifications), behind=False)

    async def _find_pending(self, owner: UserKey, head: Head) -> Pending:
        return await self._inbox.pending(owner, PENDING_SHOWN) if head.seq else Pending((), False, head)

    async def _read_heads(self, owners: Sequence[UserKey]) -> list[Head]:
        heads = await self._inbox.heads(owners)
        return [heads[owner] for owner in owners]

    def _send_connected(self, session: Session, start: _Start) -> None:
        principal = session.principal
        body = {
            "socketId": session.socket.id,
            "sessionId": session.socket.session,
            "serverId": self._server,
            "userId": principal.owner.user,
            "tenant": principal.owner.tenant,
            "capabilities": CAPABILITIES,
            "cursor": cursor.encode(start.at),
            "recovered": start.recovered,
            "tokenExpiresAt": wire_time(principal.expires_at),
        }
        session.socket.send("connected", json.dumps(body, ensure_ascii=False))


def _start(presented: str | None, head: Head) -> _Start:
    fresh = Cursor(head.epoch, head.seq)
    if presented is None:
        return _Start(fresh, recovered=False)
    try:
        at = cursor.decode(presented)
    except Invalid:
        return _Start(fresh, recovered=False, reason="cursor")
    reason = refuse_recovery(at, head)
    return _Start(at, recovered=True) if reason is None else _Start(fresh, recovered=False, reason=reason)
