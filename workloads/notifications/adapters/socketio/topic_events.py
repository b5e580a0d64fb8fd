"""What clients may ask of rooms and topics."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from notifications.adapters.socketio.answering import Answer, read_only, read_text
from notifications.adapters.socketio.events import Handler
from notifications.app.access import Access
from notifications.app.board import Board, Wish
from notifications.app.recovery import Recovery
from notifications.app.session import Session
from notifications.app.speaker import Speaker
from notifications.domain import cursor
from notifications.domain.access import Action
from notifications.domain.errors import Invalid, Refused, TooLarge, Unavailable
from notifications.domain.filters import read_filter
from notifications.domain.limits import MAX_FOLLOWED
from notifications.domain.notification import UserKey
from notifications.domain.topics import Topic, read_pattern, room_topic


class TopicEvents:
    """Serves the events of rooms and topics. A room is joined under its name, which is that of a topic as well."""

    def __init__(self, board: Board, access: Access, speaker: Speaker, recovery: Recovery) -> None:
        self._board = board
        self._access = access
        self._speaker = speaker
        self._recovery = recovery
        self.on_follow: Callable[[Session, Topic], None] = lambda *_: None
        """Called when a session follows a topic."""
        self.spend_sync: Callable[[UserKey, int], None] = lambda *_: None
        """Called before a user follows so many topics anew with one event; raises RateLimited, and it is not served."""
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
        recovered = await self._enter(session, _read_wish(_room(session, room), fields))
        _insist(session.socket.send("room:joined", json.dumps(room, ensure_ascii=False), session.cursor()))
        return {"room": room, "cursor": session.cursor(), "recovered": recovered}

    async def _leave(self, session: Session, arguments: tuple[Any, ...]) -> Answer:
        wish = read_only(arguments)
        room = read_text(wish if isinstance(wish, dict) else {"room": wish}, "room")
        await self._leave_topic(session, _room(session, room))
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
        recovered = await self._enter(session, _read_wish(topic, fields))
        _insist(session.tell_topics())  # an acknowledgement is no event: a stock client takes no offset from it
        return {"subscriptionId": topic.name, "cursor": session.cursor(), "recovered": recovered}

    async def _unsubscribe(self, session: Session, arguments: tuple[Any, ...]) -> Answer:
        wish = read_only(arguments)
        text = read_text(wish if isinstance(wish, dict) else {"topic": wish}, "topic")
        await self._leave_topic(session, read_pattern(session.principal.owner.tenant, text))
        return {}

    async def _sync(self, session: Session, arguments: tuple[Any, ...]) -> Answer:
        """Make the socket follow just these, each as `topic:subscribe` takes it."""
        wish = read_only(arguments)
        if not isinstance(wish, dict) or not isinstance(subscriptions := wish.get("subscriptions"), list):
            raise Invalid("subscriptions:sync takes {subscriptions: [a topic, or {topic, since?, filter?}]}")
        if len(subscriptions) > MAX_FOLLOWED:
            raise TooLarge(f"one socket follows at most {MAX_FOLLOWED} topics")
        wishes = [_read_subscription(session, subscription) for subscription in subscriptions]
        new = [wish for wish in wishes if wish.topic not in _followed(session) or wish.since]
        self.spend_sync(session.principal.owner, len(new))
        wanted = {wish.topic for wish in wishes}
        for topic in [topic for topic in _followed(session) if topic not in wanted]:
            self._unfollow(session, topic)
        for wish in wishes:
            if session.topics and wish not in new:
                session.topics.followings[wish.topic].filter = wish.filter
        refusals = await self._access.check_each(session.principal, [wish.topic for wish in new], Action.JOIN)
        refused = await self._begin_each(session, list(zip(new, refusals, strict=True)))
        await self._recovery.save(session)
        _insist(session.tell_topics())
        return {"active": [topic.name for topic in _followed(session)], "refused": refused}

    async def _begin_each(
        self, session: Session, wishes: Sequence[tuple[Wish, Refused | Unavailable | None]]
    ) -> list[dict[str, str]]:
        """Follow what is not refused, and return what is. Until all is followed no position passes what is missed."""
        refused, follower = [], self._recovery.followers.of(session)
        follower.pinned = min((wish.since.topics_seq for wish, _ in wishes if wish.since), default=None)
        try:
            for wish, refusal in wishes:
                try:
                    if refusal:
                        raise refusal
                    if not await self._begin(session, wish) and wish.since:
                        follower.tell_gap(wish.topic, "lost")  # the answer does not say it of each
                except (Refused, Unavailable) as error:
                    refused.append({"topic": wish.topic.name, "code": error.code})
        finally:
            follower.pinned = None
        return refused

    async def _enter(self, session: Session, wish: Wish) -> bool:
        """Follow a topic, so that a client that is told so finds it wherever it comes back to."""
        is_new = wish.topic not in _followed(session)
        recovered = await self._follow(session, wish)
        try:
            await self._recovery.save(session)
        except (Refused, Unavailable):
            if is_new:
                self._unfollow(session, wish.topic)
            raise
        return recovered

    async def _leave_topic(self, session: Session, topic: Topic) -> None:
        self._unfollow(session, topic)
        await self._recovery.save(session)

    async def _follow(self, session: Session, wish: Wish) -> bool:
        followed = _followed(session)
        if len(followed) >= MAX_FOLLOWED and wish.topic not in followed:
            raise TooLarge(f"one socket follows at most {MAX_FOLLOWED} topics")
        await self._access.check(session.principal, wish.topic, Action.JOIN)
        return await self._begin(session, wish)

    async def _begin(self, session: Session, wish: Wish) -> bool:
        if session.ended:
            raise Unavailable("the connection has ended")
        reached = not wish.since or await self._board.reaches([wish.topic], wish.since, lambda: not session.ended)
        if not reached:
            wish = replace(wish, since=None)
        recovered = await self._board.follow(self._recovery.followers.of(session), wish)
        self.on_follow(session, wish.topic)
        return recovered and reached

    def _unfollow(self, session: Session, topic: Topic) -> None:
        if session.topics is not None:
            self._board.unfollow(session.topics, topic)


def _insist(told: bool) -> None:
    """Raise Unavailable for a client that follows, and has no position: it would come back to nothing."""
    if not told:
        raise Unavailable("the client has too much to read, or has gone: it does not know its position")


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
