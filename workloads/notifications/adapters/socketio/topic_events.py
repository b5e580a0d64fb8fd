"""What clients may ask of rooms and topics."""

import json
from collections.abc import Callable
from typing import Any

from notifications.adapters.socketio.answering import Answer, read_only, read_text
from notifications.adapters.socketio.events import Handler
from notifications.app.access import Access
from notifications.app.board import Board, Wish
from notifications.app.follower import Follower
from notifications.app.positions import Positions
from notifications.app.session import Session
from notifications.app.speaker import Speaker
from notifications.domain import cursor
from notifications.domain.access import Action
from notifications.domain.errors import Invalid, Refused, TooLarge, Unavailable
from notifications.domain.filters import read_filter
from notifications.domain.limits import MAX_FOLLOWED
from notifications.domain.topics import Topic, read_pattern, room_topic


class TopicEvents:
    """Serves the events of rooms and topics. A room is joined under its name, which is that of a topic as well."""

    def __init__(self, board: Board, access: Access, speaker: Speaker) -> None:
        self._board = board
        self._access = access
        self._speaker = speaker
        self._positions = Positions()
        self.on_follow: Callable[[Session, Topic], None] = lambda *_: None
        """Called when a session follows a topic."""
        self.handlers: dict[str, Handler] = {
            "room:join": self._join,
            "room:leave": self._leave,
            "room:send": self._send,
            "topic:subscribe": self._subscribe,
            "topic:unsubscribe": self._unsubscribe,
            "subscriptions:sync": self._sync,
        }

    async def _join(self, session: Session, arguments: tuple[Any, ...]) -> Answer:
        wish = read_only(arguments)
        fields = wish if isinstance(wish, dict) else {"room": wish}
        room = read_text(fields, "room")
        recovered = await self._follow(session, _read_wish(_room(session, room), fields))
        session.socket.send("room:joined", json.dumps(room, ensure_ascii=False), session.cursor())
        return {"room": room, "cursor": session.cursor(), "recovered": recovered}

    async def _leave(self, session: Session, arguments: tuple[Any, ...]) -> Answer:
        wish = read_only(arguments)
        room = read_text(wish if isinstance(wish, dict) else {"room": wish}, "room")
        self._unfollow(session, _room(session, room))
        session.socket.send("room:left", json.dumps(room, ensure_ascii=False), session.cursor())
        return {"room": room}

    async def _send(self, session: Session, arguments: tuple[Any, ...]) -> Answer:
        wish = read_only(arguments)
        if not isinstance(wish, dict) or "payload" not in wish:
            raise Invalid("room:send takes {room, payload}")
        told = await self._speaker.say(session.principal, read_text(wish, "room"), wish["payload"])
        return {"id": str(told.id), "seq": told.cursor.topics_seq}

    async def _subscribe(self, session: Session, arguments: tuple[Any, ...]) -> Answer:
        wish = read_only(arguments)
        fields = wish if isinstance(wish, dict) else {"topic": wish}
        topic = read_pattern(session.principal.owner.tenant, read_text(fields, "topic"))
        recovered = await self._follow(session, _read_wish(topic, fields))
        return {"subscriptionId": topic.name, "cursor": session.cursor(), "recovered": recovered}

    async def _unsubscribe(self, session: Session, arguments: tuple[Any, ...]) -> Answer:
        wish = read_only(arguments)
        text = read_text(wish if isinstance(wish, dict) else {"topic": wish}, "topic")
        self._unfollow(session, read_pattern(session.principal.owner.tenant, text))
        return {}

    async def _sync(self, session: Session, arguments: tuple[Any, ...]) -> Answer:
        """Make the socket follow just these, each as `topic:subscribe` takes it."""
        wish = read_only(arguments)
        if not isinstance(wish, dict) or not isinstance(subscriptions := wish.get("subscriptions"), list):
            raise Invalid("subscriptions:sync takes {subscriptions: [a topic, or {topic, since?, filter?}]}")
        if len(subscriptions) > MAX_FOLLOWED:
            raise TooLarge(f"one socket follows at most {MAX_FOLLOWED} topics")
        wishes = [_read_subscription(session, subscription) for subscription in subscriptions]
        for topic in set(_followed(session)) - {wish.topic for wish in wishes}:
            self._unfollow(session, topic)
        refused = []
        for wish in wishes:
            try:
                if wish.topic not in _followed(session) or wish.since:
                    await self._follow(session, wish)
            except (Refused, Unavailable) as error:
                refused.append({"topic": wish.topic.name, "code": error.code})
        return {"active": [topic.name for topic in _followed(session)], "refused": refused}

    async def _follow(self, session: Session, wish: Wish) -> bool:
        followed = _followed(session)
        if len(followed) >= MAX_FOLLOWED and wish.topic not in followed:
            raise TooLarge(f"one socket follows at most {MAX_FOLLOWED} topics")
        await self._access.check(session.principal, wish.topic, Action.JOIN)
        if session.ended:
            raise Unavailable("the connection has ended")
        recovered = await self._board.follow(self._follower(session), wish)
        self.on_follow(session, wish.topic)
        return recovered

    def _follower(self, session: Session) -> Follower:
        if session.topics is None:
            session.topics = self._board.make_follower(session.socket, lambda: self._positions.soon(session))
        return session.topics

    def _unfollow(self, session: Session, topic: Topic) -> None:
        if session.topics is not None:
            self._board.unfollow(session.topics, topic)


def _followed(session: Session) -> tuple[Topic, ...]:
    return tuple(session.topics.followings) if session.topics else ()


def _room(session: Session, room: str) -> Topic:
    return room_topic(session.principal.owner.tenant, room)


def _read_subscription(session: Session, value: object) -> Wish:
    fields = value if isinstance(value, dict) else {"topic": value}
    return _read_wish(read_pattern(session.principal.owner.tenant, read_text(fields, "topic")), fields)


def _read_wish(topic: Topic, fields: dict[str, Any]) -> Wish:
    since, filter = fields.get("since"), fields.get("filter")
    if since is not None and not isinstance(since, str):
        raise Invalid("since is a cursor")
    return Wish(topic, cursor.decode(since) if since else None, None if filter is None else read_filter(filter))
