"""What clients may ask of presence: to say how their user stands."""

from typing import Any

from notifications.adapters.socketio.answering import Answer, read_only, read_text
from notifications.adapters.socketio.events import Handler
from notifications.app.attendance import Attendance
from notifications.app.session import Session
from notifications.domain.errors import Invalid
from notifications.domain.presence import Status


class PresenceEvents:
    """Serves `presence:update`."""

    def __init__(self, attendance: Attendance) -> None:
        self._attendance = attendance
        self.handlers: dict[str, Handler] = {"presence:update": self._update}

    async def _update(self, session: Session, arguments: tuple[Any, ...]) -> Answer:
        wish = read_only(arguments)
        text = read_text(wish if isinstance(wish, dict) else {"status": wish}, "status")
        try:
            status = Status(text)
        except ValueError:
            raise Invalid("status must be online, away or offline") from None
        self._attendance.update(session, status)
        return {"status": status}
