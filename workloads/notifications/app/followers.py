"""Gives each session that follows anything its follower."""

from functools import partial

from notifications.app.board import Board
from notifications.app.follower import Follower
from notifications.app.positions import Positions
from notifications.app.session import Session


class Followers:
    """A session that never followed anything has none, and costs nothing."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._positions = Positions()

    def of(self, session: Session) -> Follower:
        """Return the follower of a session, made if it has none; that of one that has ended follows nothing."""
        if session.topics is None:
            session.topics = self._board.make_follower(session.socket, partial(self._positions.soon, session))
            session.topics.window = session.introduction.window
            if session.ended:
                session.topics.close()
        return session.topics
