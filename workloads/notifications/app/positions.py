"""Tells sockets their positions after topics have brought something: once a turn of the loop, behind all of it."""

import asyncio

from notifications.app.session import Session


class Positions:
    """Messages to many end in no cursor, for they are the same for all. So each socket is told its own behind them.

    `soon` comes before what is sent: what the turn brings then leaves together with the position, in one piece.
    """

    def __init__(self) -> None:
        self._due: dict[Session, None] = {}

    def soon(self, session: Session) -> None:
        """Tell a session's socket its position when what is running now is done."""
        if not self._due:
            asyncio.get_running_loop().call_soon(self._tell)
        self._due[session] = None

    def _tell(self) -> None:
        due, self._due = self._due, {}
        for session in due:
            session.tell_topics()
            session.socket.flush()  # while all that it touches is still in the processor's cache
