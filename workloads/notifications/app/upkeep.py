"""What is done for every session from time to time: one loop a gateway, no timer a connection."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Final

from notifications.app.hub import Hub
from notifications.app.session import Session
from notifications.domain.errors import Refused, Revoked, TokenExpired
from notifications.domain.limits import POSITION_FRAME
from notifications.domain.notification import wire_time
from notifications.domain.principal import Principal
from notifications.ports.clock import Clock

_AT_ONCE: Final = 256


async def keep_sessions(hub: Hub, clock: Clock) -> None:
    """Tell positions that moved, and close sessions whose token has run out, a while after a warning; until cancelled.

    It wakes when a second of the wall clock begins, since that is when tokens run out.
    """
    loop = asyncio.get_running_loop()
    told_at = loop.time()
    while True:
        await asyncio.sleep(1 - clock().timestamp() % 1)
        await _look_at_tokens(hub, clock())
        if loop.time() - told_at >= POSITION_FRAME:
            told_at = loop.time()
            for session in hub.sessions():
                session.tell_position()


def dismiss_revoked(hub: Hub, check: Callable[[Principal], object]) -> None:
    """Disconnect, for good, every session whose token `check` finds to be revoked."""
    for session in hub.sessions():
        try:
            check(session.principal)
        except Revoked as error:
            dismiss(session, error)


def dismiss(session: Session, error: Refused) -> None:
    """Say why, and disconnect a session for good."""
    _tell(session, error)
    session.socket.dismiss()


async def _look_at_tokens(hub: Hub, now: datetime) -> None:
    for number, (session, over) in enumerate(hub.expiry.pass_to(now), 1):
        if over:
            _tell(session, TokenExpired())
            session.socket.close()
        else:
            session.socket.send("auth:expiring", json.dumps({"expiresAt": wire_time(session.principal.expires_at)}))
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)  # thousands of tokens may have been made in the same second


def _tell(session: Session, error: Refused) -> None:
    session.socket.send("error", json.dumps({"code": error.code, "message": str(error)}))
