"""What is done for every session from time to time: one loop a gateway, no timer a connection."""

import asyncio
import json

from notifications.app.hub import Hub
from notifications.app.session import Session
from notifications.domain.errors import TokenExpired
from notifications.domain.limits import POSITION_FRAME
from notifications.ports.clock import Clock


async def keep_sessions(hub: Hub, clock: Clock) -> None:
    """Tell positions that moved and close sessions whose token has run out, until cancelled."""
    while True:
        await asyncio.sleep(POSITION_FRAME)
        now = clock()
        for session in hub.sessions():
            if session.principal.expires_at <= now:
                _expire(session)
            else:
                session.tell_position()


def _expire(session: Session) -> None:
    error = TokenExpired()
    session.socket.send("error", json.dumps({"code": error.code, "message": str(error)}))
    session.socket.close()
