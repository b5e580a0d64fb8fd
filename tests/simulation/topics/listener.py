"""A client that follows topics: it comes back as its kind does, and writes down everything that it is told."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from notifications.domain import cursor
from notifications.domain.topics import Topic, read_pattern, room_topic
from tests.simulation.connection import Connection, Frame
from tests.simulation.loop import VirtualLoop
from tests.simulation.topics.gateway import Greeting, Question, TopicGateway
from tests.simulation.topics.history import Event, Followed, Gapped, Heard, Left, Parted, Place, Welcomed
from tests.simulation.topics.plan import Part, Wish

PATIENCE = 5.0
LONGEST_PAUSE = 1.5
SHORT_PAUSE = 0.02
LONGEST_RETRY = 1.0


@dataclass(frozen=True, slots=True)
class Outside:
    """The world as clients know it."""

    loop: VirtualLoop
    random: Random
    record: Callable[[Event], None]
    choose_gateway: Callable[[], TopicGateway | None]


class Listener:
    """Stock: it presents its private id with its offset, and follows anew what it does not come back to.

    Any other keeps the cursor of its last position while it followed all that it wishes, and goes on from there.
    """

    def __init__(self, part: Part, outside: Outside) -> None:
        self.part = part
        self.connection: Connection | None = None
        self.is_complete = False
        """Whether it follows all that it wishes, and was told so."""
        self._outside = outside
        self._private_id: str | None = None
        self._offset: str | None = None
        self._since: str | None = None
        self._position: str | None = None
        self._followed: set[Wish] = set()
        self._greeting: asyncio.Future[bool] | None = None
        self._answer: asyncio.Future[dict[str, Any]] | None = None
        self._accepted: str | None = None
        self._gateway: TopicGateway | None = None
        self._connections = 0
        self._questions = 0
        self._pause = LONGEST_PAUSE
        self._away = 0.0
        self._is_leaving = False

    @property
    def is_stalled(self) -> bool:
        """Whether it does not read for a while."""
        return self.connection is not None and self.connection.is_stalled

    async def live(self) -> None:
        """Stay connected until it leaves."""
        while not self._is_leaving:
            self._gateway = self._outside.choose_gateway()
            if self._gateway is not None:
                await self._stay(self._gateway)
            away, self._away = self._away, 0.0
            await asyncio.sleep(away + self._outside.random.uniform(0.0, self._pause))

    def lose_connection(self, seconds: float = 0.0) -> None:
        """Be cut off; it comes back by itself, after these seconds at least."""
        if self.connection is not None and not self.connection.ended.done():
            self._away = seconds
            self.connection.cut()

    def hop(self) -> None:
        """Hang up and connect again at once."""
        if self.connection is not None:
            self._pause = SHORT_PAUSE
            self.connection.hang_up()

    def leave(self, farewell: bool) -> None:
        """Go for good, and say so or not."""
        self._is_leaving = True
        connection, gateway = self.connection, self._gateway
        if connection is None or gateway is None:
            return
        if farewell:
            gateway.life.run(lambda: gateway.say_goodbye(connection))
        else:
            connection.hang_up()

    async def drop_one(self) -> None:
        """Follow one of its topics no more for a moment, and then again."""
        connection = self.connection
        if connection is None or not self.is_complete:
            return
        self.is_complete = False
        wish = self._outside.random.choice(self.part.wishes)
        self._followed.discard(wish)
        self._record(Left(self._now(), self.part.name, wish.topic))
        event = "room:leave" if wish.is_room else "topic:unsubscribe"
        await self._ask(connection, event, wish.name)
        if connection is self.connection and not connection.ended.done():
            await self._follow(connection, afresh=True)

    async def _stay(self, gateway: TopicGateway) -> None:
        self._connections += 1
        life, name = gateway.life, f"{self.part.name}-{self._connections}"
        connection = self.connection = Connection(name, life.wire, life.context, self._receive)
        self._greeting, self._position = self._outside.loop.create_future(), None
        greeting = self._greet()
        life.run(lambda: gateway.greet(connection, greeting))
        following = asyncio.create_task(self._begin(connection, gateway, greeting))
        await connection.ended
        following.cancel()
        self.is_complete = False
        self._record(Parted(self._now(), self.part.name, connection.id))

    def _greet(self) -> Greeting:
        if self.part.is_stock:
            return Greeting(self.part.owner, None, self._private_id, self._offset)
        return Greeting(self.part.owner, self._since)

    async def _begin(self, connection: Connection, gateway: TopicGateway, greeting: Greeting) -> None:
        assert self._greeting is not None
        _, late = await asyncio.wait([self._greeting], timeout=PATIENCE)
        if late:
            connection.cut()
            return
        recovered = self.part.is_stock and self._greeting.result()
        if not recovered:
            self._followed.clear()
        came = (self._now(), self.part.name, connection.id, gateway.number, self.part.is_stock)
        self._record(Welcomed(*came, _place(greeting.offset), recovered))
        await self._follow(connection)

    async def _follow(self, connection: Connection, *, afresh: bool = False) -> None:
        """Follow all wishes; who cannot hangs up after a while, to try again."""
        since = None if self.part.is_stock or afresh else self._since
        follow = self._sync if self.part.syncs and not self.part.is_stock and not afresh else self._follow_each
        if await follow(connection, since):
            self.is_complete, self._since = True, self._position or self._since
        elif connection is self.connection and not connection.ended.done():
            await asyncio.sleep(self._outside.random.uniform(0.0, LONGEST_RETRY))
            connection.cut()

    async def _follow_each(self, connection: Connection, since: str | None) -> bool:
        for wish in self.part.wishes:
            if wish in self._followed:
                continue
            event, key = ("room:join", "room") if wish.is_room else ("topic:subscribe", "topic")
            answer = await self._ask(connection, event, _write({key: wish.name}, wish, since))
            if not answer.get("ok"):
                return False
            self._note(connection, wish, since, recovered=answer["recovered"])
        return True

    async def _sync(self, connection: Connection, since: str | None) -> bool:
        wishes = [_write({"topic": wish.topic.name}, wish, since) for wish in self.part.wishes]
        answer = await self._ask(connection, "subscriptions:sync", {"subscriptions": wishes})
        if not answer.get("ok"):
            return False
        for wish in self.part.wishes:
            if wish.topic.name in answer["active"] and wish not in self._followed:
                self._note(connection, wish, since, recovered=since is not None)
        return not answer["refused"]

    def _note(self, connection: Connection, wish: Wish, since: str | None, *, recovered: bool) -> None:
        self._followed.add(wish)
        place = _place(since)
        self._record(
            Followed(self._now(), self.part.name, connection.id, wish.topic, wish.kind, place, recovered=recovered)
        )

    async def _ask(self, connection: Connection, event: str, argument: object) -> dict[str, Any]:
        """Return the answer, an empty one if there is none in time."""
        gateway = self._gateway
        if gateway is None:
            return {}
        answer = self._answer = self._outside.loop.create_future()
        self._questions += 1
        question = Question(self._questions, event, argument)
        gateway.life.run(lambda: gateway.ask(connection, question))
        _, late = await asyncio.wait([answer], timeout=PATIENCE)
        return {} if late else answer.result()

    def _receive(self, frame: Frame) -> None:
        body = json.loads(frame.body)
        self._offset, self._position = frame.cursor or self._offset, frame.cursor or self._position
        match frame.event:
            case "accept":
                self._accepted, self._private_id = self._private_id, body
            case "connected" if self._greeting is not None and not self._greeting.done():
                self._greeting.set_result(self._accepted == self._private_id)
            case "answer" if self._answer is not None and not self._answer.done() and body[0] == self._questions:
                self._answer.set_result(body[1])
            case "position":
                self._offset = self._position = body
                if self.is_complete:
                    self._since = body
            case _:
                self._note_news(frame.event, body)

    def _note_news(self, event: str, body: Any) -> None:
        tenant = self.part.owner.tenant
        match event:
            case "room:message":
                self._hear(room_topic(tenant, body["room"]), body)
            case "topic:message":
                self._hear(read_pattern(tenant, body["topic"]), body)
            case "topic:gap":
                topic = read_pattern(tenant, body["topic"])
                self._record(Gapped(self._now(), self.part.name, topic, body["reason"]))

    def _hear(self, topic: Topic, body: dict[str, Any]) -> None:
        assert self.connection is not None
        self._record(
            Heard(self._now(), self.part.name, self.connection.id, topic, body["seq"], body["payload"]["marker"])
        )

    def _record(self, event: Event) -> None:
        self._outside.record(event)

    def _now(self) -> float:
        return self._outside.loop.time()


def _write(fields: dict[str, object], wish: Wish, since: str | None) -> dict[str, object]:
    filtered = fields if wish.kind is None else {**fields, "filter": {"kind": [wish.kind]}}
    return filtered if since is None else {**filtered, "since": since}


def _place(at: str | None) -> Place | None:
    if at is None:
        return None
    decoded = cursor.decode(at)
    return Place(decoded.topics_epoch, decoded.topics_seq)
