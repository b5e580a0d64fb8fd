"""A gateway: the real use cases, wired as the entry point wires them, behind the faulty network."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from notifications.app.accept import Acceptor, accept_room
from notifications.app.delivered import DeliveryMarks
from notifications.app.direct import DirectOffers, Reach
from notifications.app.drain import Drain
from notifications.app.fleet import Fleet
from notifications.app.hub import Arrival, Hub
from notifications.app.read_state import ReadState
from notifications.app.relay import Relay
from notifications.app.sync import Missed, changes_since, parse_since
from notifications.app.upkeep import keep_sessions
from notifications.domain.dead_letter import LetterKey, Retry
from notifications.domain.errors import KeyReused, NotFound, NotificationsError
from notifications.domain.ids import time_of
from notifications.domain.inbox import Change
from notifications.domain.jobs import Channel
from notifications.domain.limits import DRAIN_PACE, DRAIN_WITHIN
from notifications.domain.notification import Message, Priority, UserKey
from notifications.domain.pace import Pace
from notifications.domain.principal import Principal
from notifications.domain.submission import Accepted, Copy, Submission, fingerprint
from notifications.ports.bus import Beacon
from tests.simulation import history
from tests.simulation.connection import Connection
from tests.simulation.life import Life
from tests.simulation.silence import Silence

TOKENS_LIVE = (15.0, 7 * 86_400.0)
"""Seconds; the short ones run out during the storm."""
CONNECTION_LIMIT = 10_000
SYNC_LIMIT = 3
LETTERS_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Post:
    """A request as a producer sends it, again and again the same; with a `room`, `users` are its members."""

    tenant: str
    users: tuple[str, ...]
    content: str
    priority: Priority
    key: str | None
    expires_in: float | None = None
    send_in: float | None = None
    room: str | None = None
    channels: tuple[Channel, ...] | None = None
    cancel_after: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a producer reads; `copies` and the `request` with status 201 only."""

    status: int
    copies: tuple[history.Copy, ...] = ()
    request: UUID | None = None


Retries = dict[LetterKey, Retry]


class Gateway:
    """One life of a gateway, for clients who know its address."""

    endless = 4
    """How many of its tasks run as long as it lives."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.is_listening = True
        self.is_leaving = False
        life.context.run(self._start)

    def connect(self, connection: Connection, owner: UserKey, cursor: str | None) -> None:
        """Let a device in; its connection is closed if that cannot be done now."""
        weather = self.life.wire.weather
        seconds = weather.random.choice(TOKENS_LIVE[1:] if weather.calm else TOKENS_LIVE)
        principal = Principal(owner, self.life.now() + timedelta(seconds=seconds))
        self.life.tasks.start(self._greet(connection, Arrival(connection, principal, cursor)), "greet")

    def post(self, post: Post, reply: Callable[[Reply], None]) -> None:
        """Serve `POST /api/notifications`."""
        self.life.tasks.start(self._post(post, reply), "post")

    def cancel(self, tenant: str, request: UUID, reply: Callable[[Reply], None]) -> None:
        """Serve `DELETE /api/notifications/requests/{id}`."""
        self.life.tasks.start(self._cancel(tenant, request, reply), "cancel")

    def retry_letters(self, tenant: str, reply: Callable[[Retries], None]) -> None:
        """Serve `POST /api/admin/dead-letters/retry` for all that `GET /api/admin/dead-letters` lists."""
        self.life.tasks.start(self._retry_letters(tenant, reply), "retry letters")

    def mark_read(self, owner: UserKey, ids: Sequence[UUID], reply: Callable[[Change | None], None]) -> None:
        """Serve `notification:read`, or `notification:readAll` without ids."""
        self.life.tasks.start(self._mark_read(owner, ids, reply), "mark read")

    def sync(self, owner: UserKey, since: str, reply: Callable[[Missed], None]) -> None:
        """Serve `notifications:sync`."""
        self.life.tasks.start(self._sync(owner, since, reply), "sync")

    def leave(self, left: Callable[[], None]) -> None:
        """Drain, and tell when that is done."""
        self.is_leaving = True
        self.life.tasks.start(self._leave(left), "drain")

    def _start(self) -> None:
        life, telemetry = self.life, Silence()
        self._marks = DeliveryMarks(life.store, life.now, telemetry)
        self._hub = Hub(life.name, life.store, life.inbox_bus, self._marks, life.tasks)
        self._read_state = ReadState(life.store, life.inbox_bus, self._hub.offer, telemetry)
        relay = Relay(life.queue, life.store, life.tasks)
        beacon = Beacon(life.name, f"{life.name}:8080", draining=False)
        self._fleet = Fleet(beacon, life.fleet_bus, life.wire.loop.time, life.tasks)
        reach = Reach(life.inbox_bus, self._hub, lambda: self._fleet.is_alone)
        offers = DirectOffers(reach, life.store, relay.start, life.now, life.tasks)
        self._acceptor = Acceptor(life.store, offers.start, telemetry, life.tasks)
        life.tasks.start(self._fleet.run(), "fleet")
        life.tasks.start(self._marks.run(), "delivery marks")
        life.tasks.start(self._hub.watch.run(self._hub.owners), "position watch")
        life.tasks.start(keep_sessions(self._hub, life.now), "session upkeep")
        hub = self._hub
        life.at_nats_return(lambda: hub.watch.soon(*hub.owners()))

    async def _greet(self, connection: Connection, arrival: Arrival) -> None:
        try:
            session = await self._hub.join(arrival)
        except NotificationsError:
            connection.close()
            return
        if connection.is_closed:
            self._hub.leave(session)
        else:
            connection.on_end = lambda: self._hub.leave(session)

    async def _post(self, post: Post, reply: Callable[[Reply], None]) -> None:
        try:
            accepted = await self._accept(self._submission(post))
        except KeyReused:
            reply(Reply(422))
        except NotificationsError:
            reply(Reply(503))
        else:
            copies = tuple(history.Copy(copy.id, copy.user, copy.seq) for copy in accepted.placed)
            reply(Reply(201, copies, accepted.id))

    async def _cancel(self, tenant: str, request: UUID, reply: Callable[[Reply], None]) -> None:
        try:
            await self._read_state.cancel(self.life.store, tenant, request)
        except NotFound:
            reply(Reply(404))
        except NotificationsError:
            reply(Reply(503))
        else:
            reply(Reply(200))

    async def _retry_letters(self, tenant: str, reply: Callable[[Retries], None]) -> None:
        with contextlib.suppress(NotificationsError):
            letters = await self.life.letters.letters(tenant, None, None, LETTERS_LIMIT)
            reply(await self.life.letters.retry(tenant, [letter.key for letter in letters]))

    async def _accept(self, submission: Submission) -> Accepted:
        if submission.room is None:
            return await self._acceptor.accept(submission)
        return await accept_room(self.life.rooms, submission)

    def _submission(self, post: Post) -> Submission:
        now = self.life.now()
        id = self.life.make_id(now)
        expires_at = None if post.expires_in is None else now + timedelta(seconds=post.expires_in)
        send_at = None if post.send_in is None else now + timedelta(seconds=post.send_in)
        return Submission(
            id=id,
            tenant=post.tenant,
            created_at=time_of(id),
            message=Message("message", post.content, post.priority, expires_at=expires_at),
            copies=() if post.room else tuple(Copy(self.life.make_id(now), user) for user in post.users),
            fingerprint=fingerprint(repr(post).encode()),
            key=post.key,
            send_at=send_at,
            room=post.room,
            channels=None if post.channels is None else frozenset(post.channels),
        )

    async def _mark_read(self, owner: UserKey, ids: Sequence[UUID], reply: Callable[[Change | None], None]) -> None:
        marking = self._read_state.mark(owner, ids) if ids else self._read_state.mark_all(owner)
        with contextlib.suppress(NotificationsError):
            reply(await marking)

    async def _sync(self, owner: UserKey, since: str, reply: Callable[[Missed], None]) -> None:
        with contextlib.suppress(NotificationsError):
            reply(await changes_since(self.life.store, owner, parse_since(since), SYNC_LIMIT))

    async def _leave(self, left: Callable[[], None]) -> None:
        pace = Pace(DRAIN_PACE, CONNECTION_LIMIT, DRAIN_WITHIN)
        await Drain(self._hub, self._fleet, pace, self.life.wire.weather.random).run(self._stop_listening)
        await self._marks.flush()
        left()

    async def _stop_listening(self) -> None:
        self.is_listening = False
