"""Ends what sockets follow when they no longer may: a token was refreshed, a member removed, a verdict changed."""

import asyncio
import json
from collections.abc import Iterable

from notifications.app.access import Access
from notifications.app.board import Board
from notifications.app.follower import Following
from notifications.app.hub import Hub
from notifications.app.session import Session
from notifications.app.tasks import Tasks
from notifications.domain.access import Action
from notifications.domain.errors import Forbidden
from notifications.domain.limits import PERMITS_AT_ONCE, PERMITS_EVERY, PERMITS_PAUSE
from notifications.domain.notification import UserKey
from notifications.domain.rooms import Seat


class Permits:
    """Asks again who may listen. What cannot be told now ends nothing: it is asked again next time."""

    def __init__(self, hub: Hub, board: Board, access: Access, tasks: Tasks) -> None:
        self._hub = hub
        self._board = board
        self._access = access
        self._tasks = tasks

    def refresh(self, session: Session) -> None:
        """Check all that a session follows, by the token that it goes on with."""
        if followings := _followings(session):
            self._tasks.start(self._check(session, followings), f"permits {session.socket.id}")

    def revoke(self, seat: Seat) -> None:
        """Check at once what somebody follows here of a room that he is no longer a member of."""
        self._access.forget_member(seat)
        for session in self._hub.of(UserKey(seat.tenant, seat.user)):
            below = [each for each in _followings(session) if ":".join(each.topic.tokens[:2]) == seat.room]
            if below:
                self._tasks.start(self._check(session, below), f"permits {session.socket.id}")

    async def run(self) -> None:
        """Check from time to time what members and the authorizer decide, a few at a time, until cancelled."""
        while True:
            await asyncio.sleep(PERMITS_EVERY)
            await self._check_all()

    async def _check_all(self) -> None:
        """Between two groups the loop is free, however much is followed."""
        checks, asked, seen = [], 0, 0
        for session in self._hub.sessions():
            followings = _followings(session)
            seen += 1 + len(followings)
            if open_ones := [each for each in followings if self._access.depends(session.principal, each.topic)]:
                checks.append(self._check(session, open_ones))
                asked += len(open_ones)
            if asked >= PERMITS_AT_ONCE:
                await asyncio.gather(*checks)
                checks, asked = [], 0
            if seen >= PERMITS_AT_ONCE:
                seen = 0
                await asyncio.sleep(PERMITS_PAUSE)
        await asyncio.gather(*checks)

    async def _check(self, session: Session, followings: Iterable[Following]) -> None:
        principal = session.principal
        topics = [following.topic for following in followings]
        refusals = await self._access.check_each(principal, topics, Action.JOIN)
        if session.principal is not principal:
            return  # another token came meanwhile, and all is checked by that
        for following, refusal in zip(followings, refusals, strict=True):
            if isinstance(refusal, Forbidden):
                self._end(session, following, refusal)

    def _end(self, session: Session, following: Following, refusal: Forbidden) -> None:
        follower, topic = session.topics, following.topic
        if follower is None or follower.followings.get(topic) is not following:
            return
        self._board.unfollow(follower, topic)
        if not session.socket.send("topic:closed", json.dumps({"topic": topic.name, "code": refusal.code})):
            session.socket.close()  # it is told when it comes back and asks


def _followings(session: Session) -> list[Following]:
    return list(session.topics.followings.values()) if session.topics else []
