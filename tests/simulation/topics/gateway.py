"""A gateway that serves topics: the real use cases, wired as the entry point wires them."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from notifications.adapters.socketio.topic_events import TopicEvents
from notifications.app.access import Access
from notifications.app.board import Board
from notifications.app.hub import Arrival
from notifications.app.recovery import Recovery
from notifications.app.session import Session
from notifications.app.speaker import Speaker, Speech
from notifications.domain.access import Rule
from notifications.domain.errors import NotificationsError
from notifications.domain.families import Family, Slow
from notifications.domain.notification import UserKey
from notifications.domain.principal import WRITE, Principal
from notifications.domain.private_id import NONCE
from notifications.domain.topics import Topic
from tests.simulation.connection import Connection
from tests.simulation.gateway import Gateway
from tests.simulation.topics.broker import Link
from tests.simulation.topics.remote_rooms import RemoteMembers
from tests.simulation.topics.remote_topics import RemoteSessions, RemoteTopicBus, RemoteTopicLog, Side

DAY = timedelta(days=1)
FAMILIES = {
    "news": Family("news", Rule.EVERYONE),
    "ticks": Family("ticks", Rule.EVERYONE, slow=Slow.KEEP_LATEST),
    "drops": Family("drops", Rule.EVERYONE, slow=Slow.DROP_OLDEST),
}
RULES = {name: Rule.EVERYONE for name in FAMILIES}
GROUPS = frozenset({"all"})


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a client says in CONNECT."""

    owner: UserKey
    cursor: str | None = None
    private_id: str | None = None
    offset: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """An event of a client; the answer bears its number."""

    number: int
    event: str
    argument: object


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something to say to a topic, or by a member to a room."""

    speaker: UserKey
    topic: Topic
    payload: dict[str, str]
    expires_in: float | None = None

    @property
    def is_room(self) -> bool:
        """Whether it goes to a room."""
        return self.topic.family not in FAMILIES


@dataclass(slots=True)
class _Client:
    """Who is served in turn, once it is greeted."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    session: Session | None = None


class TopicGateway(Gateway):
    """One life of a gateway."""

    endless = Gateway.endless + 2

    def __init__(self, side: Side) -> None:
        self._side = side
        self._clients: dict[Connection, _Client] = {}
        super().__init__(side.life)

    @property
    def number(self) -> int:
        """Which life of all gateways it is."""
        return self._side.number

    @property
    def link(self) -> Link:
        """Its way to NATS."""
        return self._side.link

    def greet(self, connection: Connection, greeting: Greeting) -> None:
        """Let a client in; its connection is closed if that cannot be done now."""
        principal = Principal(greeting.owner, self.life.now() + DAY, groups=GROUPS)
        accept = lambda id: connection.answer("accept", json.dumps(id))  # noqa: E731
        arrival = Arrival(
            connection,
            principal,
            greeting.cursor,
            private_id=greeting.private_id,
            offset=greeting.offset,
            accept=accept,
        )
        self.life.tasks.start(self._let_in(connection, arrival), "greet")

    def ask(self, connection: Connection, question: Question) -> None:
        """Serve an event of a client, who is answered over its connection."""
        if client := self._clients.get(connection):
            self.life.tasks.start(self._answer(connection, client, question), "serve")

    def say_goodbye(self, connection: Connection) -> None:
        """Let a client go that wishes to."""
        if (client := self._clients.get(connection)) and client.session:
            self._recovery.forget(client.session)
        connection.close()

    def say(self, utterance: Utterance, reply: Callable[[int], None]) -> None:
        """Store what somebody says and reply with its number, or with 0 if it may not be stored."""
        self.life.tasks.start(self._say(utterance, reply), "say")

    def find_kept(self) -> list[str]:
        """Return what is held on to of topics and connections."""
        order, interests = self._board._order, self._board._interests
        counts = {
            "connections": len(self._hub),
            "subscriptions": len(self._bus),
            "interests": len(interests._by_topic) + len(interests._exact) + len(interests._wild),
            "subjects": len(order._last),
            "held messages": len(order._held),
            "sessions to be saved": len(self._recovery._last),
        }
        return [f"{self.life.name} keeps {count} {what}" for what, count in counts.items() if count]

    def _start(self) -> None:
        super()._start()
        life, side = self.life, self._side
        log, self._bus = RemoteTopicLog(side), RemoteTopicBus(side)
        access = Access(RemoteMembers(life), None, RULES, life.wire.loop.time)
        self._board = Board(log, self._bus, life.now, life.tasks, FAMILIES)
        board = self._board
        side.link.at_loss = lambda: life.wire.loop.call_soon(board.suspect, context=life.context)
        chance: Random = life.wire.weather.random
        self._recovery = Recovery(RemoteSessions(side), self._board, access, lambda: chance.randbytes(NONCE))
        self._speaker = Speaker(log, access, life.now, life.make_id)
        self._events = TopicEvents(self._board, access, self._speaker, self._recovery)
        self._hub.recovery = self._recovery
        life.tasks.start(self._board.run(), "topic probe")
        life.tasks.start(self._recovery.run(), "saved sessions")

    async def _let_in(self, connection: Connection, arrival: Arrival) -> None:
        client = self._clients[connection] = _Client()
        connection.on_end = lambda: self._let_out(connection)
        async with client.turn:
            try:
                client.session = await self._hub.join(arrival)
            except NotificationsError:
                connection.close()
        if connection.is_closed:
            self._let_out(connection)
            if client.session:
                self._hub.leave(client.session)

    def _let_out(self, connection: Connection) -> None:
        client = self._clients.pop(connection, None)
        if client and client.session:
            self._hub.leave(client.session)

    async def _answer(self, connection: Connection, client: "_Client", question: Question) -> None:
        async with client.turn:
            if client.session is None:
                return
            try:
                answer = {
                    "ok": True,
                    **await self._events.handlers[question.event](client.session, (question.argument,)),
                }
            except NotificationsError as error:
                answer = {"ok": False, "code": getattr(error, "code", "")}
        connection.answer("answer", json.dumps([question.number, answer]))

    async def _say(self, utterance: Utterance, reply: Callable[[int], None]) -> None:
        expires = utterance.expires_in
        until = None if expires is None else self.life.now() + timedelta(seconds=expires)
        scopes = frozenset() if utterance.is_room else frozenset({WRITE})
        speaker = Principal(utterance.speaker, self.life.now() + DAY, groups=GROUPS, scopes=scopes)
        try:
            if utterance.is_room:
                told = await self._speaker.say(speaker, ":".join(utterance.topic.tokens), utterance.payload)
            else:
                told = await self._speaker.publish(speaker, Speech(utterance.topic, utterance.payload, {}, until))
        except NotificationsError:
            reply(0)
        else:
            reply(told.cursor.topics_seq)
