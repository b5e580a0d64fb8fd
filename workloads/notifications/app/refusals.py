"""Tells the log of refusals that hint at an attack or at a mistake in somebody's setup."""

import logging
from typing import Final

from notifications.domain.errors import Forbidden, NotificationsError, RateLimited, Refused, Unauthenticated

_EVENTS: Final[tuple[tuple[type[NotificationsError], str], ...]] = (
    (Unauthenticated, "authentication_failed"),
    (Forbidden, "authorization_failed"),
    (RateLimited, "rate_limit_exceeded"),
)


def log_refusal(log: logging.Logger, error: Refused, **where: object) -> None:
    """Log a refusal of these kinds, and nothing of others. `where` holds nothing that a stranger wrote."""
    for kind, event in _EVENTS:
        if isinstance(error, kind):
            log.info("refused", extra={"event": event, "code": error.code, "reason": str(error), **where})
