"""What is done for every session from time to time: one loop a gateway, no timer a connection."""

import asyncio
import json
from collections.abc import Callable

from notifications.app.hub import Hub
from notifications.app.session import Session
from notifications.domain.errors import Refused, Revoked, TokenExpired
from notifications.domain.limits import POSITION_FRAME
from notifications.domain.principal import Principal
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


def dismiss_revoked(hub: Hub, check: Callable[[Principal], object]) -> None:
    """Disconnect, for good, every session whose token `check` finds to be revoked."""
    for session in hub.sessions():
        try:
            check(session.principal)
        except Revoked as error:
            _tell(session, error)
            session.socket.dismiss()


def _expire(session: Session) -> None:
    _tell(session, TokenExpired())
    session.socket.close()


def _tell(session: Session, error: Refused) -> None:
    session.socket.send("error", json.dumps({"code": error.code, "message": str(error)}))
