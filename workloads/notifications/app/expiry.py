"""When the tokens of sessions run out: those of a second share a place, so that a second without any costs nothing."""

import math
from collections.abc import Iterator
from datetime import datetime

from notifications.app.session import Session
from notifications.domain.limits import EXPIRY_TOLD


class Expiry:
    """Knows who is due, once to be warned and once to be sent away: never early, whatever the clock did meanwhile."""

    def __init__(self) -> None:
        # By second, in the order in which they came: whatever happens again happens the same way
        self._places: dict[int, dict[Session, None]] = {}
        self._passed = 0

    def add(self, session: Session) -> None:
        """Take up a session, or take it up anew after its token was replaced."""
        self.discard(session)
        self._put(session, session.principal.expires_at.timestamp() - EXPIRY_TOLD)

    def discard(self, session: Session) -> None:
        """Forget a session; harmless to repeat."""
        if session.due is not None and (place := self._places.get(session.due)):
            place.pop(session, None)
            if not place:
                del self._places[session.due]
        session.due = None

    def pass_to(self, now: datetime) -> Iterator[tuple[Session, bool]]:
        """Yield each session that is due, and whether its token has run out; else it is due again when it has."""
        second = int(now.timestamp())
        seconds, self._passed = self._seconds_to(second), second
        for due in seconds:
            for session in self._places.pop(due, ()):
                if session.due != due:  # it left, or was taken up anew, while others were served
                    continue
                session.due = None
                over = session.principal.expires_at <= now
                if not over:
                    self._put(session, session.principal.expires_at.timestamp())
                yield session, over

    def _put(self, session: Session, at: float) -> None:
        session.due = max(math.ceil(at), self._passed + 1)
        self._places.setdefault(session.due, {})[session] = None

    def _seconds_to(self, second: int) -> list[int]:
        """Return those that may hold somebody, in order."""
        if second - self._passed <= len(self._places):
            return list(range(self._passed + 1, second + 1))
        return sorted(due for due in self._places if due <= second)
