"""`notification:send`: what POST /api/notifications takes, over a socket."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from notifications.adapters.socketio.answering import Answer, read_only
from notifications.adapters.socketio.events import Handler
from notifications.app.quotas import Quotas
from notifications.app.session import Session
from notifications.domain.principal import Principal, require_producer
from notifications.domain.quota import Deed

Send = Callable[[Principal, bytes], Awaitable[Mapping[str, Any]]]
"""Accepts a body as REST takes it, and returns what REST answers. Raises Refused or Unavailable."""


class SendEvents:
    """Serves the event, for who may send notifications. Each counts that such a user sends, whatever becomes of it."""

    def __init__(self, quotas: Quotas, send: Send) -> None:
        self._quotas = quotas
        self._send = send
        self.handlers: dict[str, Handler] = {"notification:send": self._serve}

    async def _serve(self, session: Session, arguments: tuple[Any, ...]) -> Answer:
        """Return when the notification is committed."""
        body, principal = read_only(arguments), session.principal
        require_producer(principal)
        await self._quotas.spend(principal.owner, Deed.SEND)
        return {**await self._send(principal, json.dumps(body).encode())}
