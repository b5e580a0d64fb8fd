"""Lets a stock client come back to what it followed, at any gateway: connection state recovery of Socket.IO.

What a session follows is saved before the client is told that it does, so whoever was told finds it. A session that
never followed anything is not saved: its offset, which is a cursor, says so by having no place among topics.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from notifications.app.access import Access
from notifications.app.board import Board, Wish
from notifications.app.followers import Followers
from notifications.app.session import Session
from notifications.domain.access import Action
from notifications.domain.cursor import Cursor
from notifications.domain.errors import NotificationsError, TooLarge, Unavailable
from notifications.domain.limits import SAVED_AGAIN, SAVED_AT_ONCE, SAVED_TURN
from notifications.domain.notification import UserKey
from notifications.domain.principal import Principal
from notifications.domain.private_id import is_made_for, make_private_id
from notifications.domain.saved import Follow, Saved, read_follows, write_follows
from notifications.domain.topics import Topic
from notifications.ports.sessions import SessionStore

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Return:
    """What a client comes back to, and what it may follow no more: topics and why."""

    private_id: str
    follows: tuple[Follow, ...] = ()
    refused: tuple[tuple[Topic, str], ...] = ()


@dataclass(slots=True)
class _Last:
    """When a session was saved, by the loop's time, and under which number; 0 if that is not known any more."""

    at: float
    number: int


class Recovery:
    """Saves sessions that follow something, again and again while they last, and finds them.

    A gateway that has not noticed yet that a client has left saves only over what it has saved itself: by then the
    client may follow something else at another, which took over what is saved before it served it.
    """

    def __init__(self, store: SessionStore, board: Board, access: Access, make_nonce: Callable[[], bytes]) -> None:
        self.followers = Followers(board)
        self.on_follow: Callable[[Session, Topic], None] = lambda *_: None
        """Called when a session follows a topic again."""
        self._store = store
        self._board = board
        self._access = access
        self._make_nonce = make_nonce
        self._last: dict[Session, _Last] = {}

    def make_id(self, owner: UserKey) -> str:
        """Return a private id for somebody who comes for the first time."""
        return make_private_id(owner, self._make_nonce())

    async def find(self, principal: Principal, private_id: str, at: Cursor) -> Return | None:
        """Return what somebody comes back to, None if that is not known, or incomplete since a cursor."""
        if not is_made_for(principal.owner, private_id):
            return None
        if not at.topics_epoch:
            return await self._find_nothing(principal, private_id)
        try:
            saved = await self._store.get(principal.owner.tenant, private_id)
            if saved is None or not await self._board.holds_all_after(at):
                return None
            returned = await self._authorize(principal, private_id, read_follows(principal.owner.tenant, saved))
            topics = [follow.topic for follow in returned.follows] if returned else []
            return returned if await self._board.reaches(topics, at) else None
        except (NotificationsError, ValueError, LookupError) as error:
            _log.warning("a session is not recovered", extra={"user": principal.owner.user, "reason": str(error)})
            return None

    def stand(self, session: Session, returned: Return, at: Cursor) -> None:
        """Give a session its place among topics, before it begins: its first event may carry the cursor already."""
        if at.topics_epoch:
            self.followers.of(session).resume(at, returned.follows)

    async def resume(self, session: Session, returned: Return, at: Cursor) -> None:
        """Let a session that stands there follow what it followed, and tell what it may not. Raises Unavailable."""
        if not at.topics_epoch:
            return
        follower = self.followers.of(session)
        for topic, code in returned.refused:
            session.socket.send("topic:closed", json.dumps({"topic": topic.name, "code": code}, ensure_ascii=False))
        wishes = [Wish(follow.topic, at, follow.filter) for follow in returned.follows]
        _, *recovered = await asyncio.gather(
            self._take_over(session), *(self._board.follow(follower, wish) for wish in wishes)
        )
        if not all(recovered):
            raise Unavailable("the log of topics has lost what was missed")
        for wish in wishes:
            self.on_follow(session, wish.topic)

    async def save(self, session: Session) -> None:
        """Save what a session follows now. Raises Unavailable, and TooLarge if that is too much.

        A session whose client follows something at another gateway meanwhile, as far as is known, is closed.
        """
        known = last.number if (last := self._last.get(session)) else 0
        # What was saved may have been lost
        if not (await self._put(session, known) or (known and await self._put(session, 0))):
            session.socket.close()
            raise Unavailable("the client has come back elsewhere")

    def leave(self, session: Session) -> None:
        """Save a session no more; its client may come back to it for RECOVERY_WINDOW."""
        self._last.pop(session, None)

    def forget(self, session: Session) -> None:
        """Forget a session whose client has said goodbye."""
        if self._last.pop(session, None) and session.private_id:
            self._store.forget(session.principal.owner.tenant, session.private_id)

    async def run(self) -> None:
        """Save anew what would be too old soon, until cancelled."""
        while True:
            await asyncio.sleep(SAVED_TURN)
            before = asyncio.get_running_loop().time() - SAVED_AGAIN
            due = [session for session, last in self._last.items() if last.at <= before]
            try:
                for start in range(0, len(due), SAVED_AT_ONCE):
                    await self._save_again(due[start : start + SAVED_AT_ONCE])
            except Unavailable as error:
                _log.warning("sessions are not saved", extra={"reason": str(error)})

    async def _find_nothing(self, principal: Principal, private_id: str) -> Return | None:
        """Return that a client comes back to nothing that it follows, None if it had been told that it does."""
        try:
            saved = await self._store.get(principal.owner.tenant, private_id)
        except Unavailable:
            saved = None
        return Return(private_id) if saved is None else None

    async def _take_over(self, session: Session) -> None:
        """Save a session over whatever its client followed at another gateway, which may save no more from now on."""
        await self._put(session, None)

    async def _put(self, session: Session, number: int | None) -> bool:
        """Save a session over what has this number. Returns whether it was there, or there is nothing to save."""
        if (saved := _describe(session, number)) is None:
            return True
        (stored,) = await self._store.put([saved])
        if isinstance(stored, Unavailable):
            raise stored
        if stored is not None and not session.ended:
            self._last[session] = _Last(asyncio.get_running_loop().time(), stored)
        return stored is not None

    async def _save_again(self, sessions: Sequence[Session]) -> None:
        saved = {session: one for session in sessions if (one := self._describe_again(session))}
        numbers = await self._store.put(list(saved.values()))
        now = asyncio.get_running_loop().time()
        for session, number in zip(saved, numbers, strict=True):
            if session in self._last and not isinstance(number, Unavailable):
                # What was saved elsewhere since, or without our knowing, is left alone until it is gone
                self._last[session] = _Last(now - SAVED_AGAIN, 0) if number is None else _Last(now, number)
        if error := next((number for number in numbers if isinstance(number, Unavailable)), None):
            raise error

    def _describe_again(self, session: Session) -> Saved | None:
        try:
            return _describe(session, self._last[session].number) if session in self._last else None
        except TooLarge:
            return None  # its client was told so

    async def _authorize(self, principal: Principal, private_id: str, follows: tuple[Follow, ...]) -> Return | None:
        refusals = await self._access.check_each(principal, [follow.topic for follow in follows], Action.JOIN)
        judged = list(zip(follows, refusals, strict=True))
        if any(isinstance(refusal, Unavailable) for refusal in refusals):
            return None
        allowed = tuple(follow for follow, refusal in judged if refusal is None)
        refused = tuple((follow.topic, refusal.code) for follow, refusal in judged if refusal is not None)
        return Return(private_id, allowed, refused)


def _describe(session: Session, number: int | None) -> Saved | None:
    """Return what is to be saved of a session; nothing of one that never followed anything, or sends nothing more."""
    follower = session.topics
    if session.private_id is None or follower is None or follower.ended or session.ended:
        return None
    follows = [Follow(following.topic, following.filter) for following in follower.followings.values()]
    return Saved(session.principal.owner.tenant, session.private_id, write_follows(follows), number)
