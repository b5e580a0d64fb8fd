"""The Engine.IO server: ids that name their gateway, bounded queues, the checked driver."""

import secrets
from typing import Any

import engineio

from notifications.adapters.socketio.driver import DRIVER
from notifications.adapters.socketio.outbound import OutboundQueue

_MARK = "~"


class GatewayEngine(engineio.AsyncServer):  # type: ignore[misc]
    """python-engineio with three of its extension points taken."""

    def __init__(self, *, gateway: str, **options: Any) -> None:
        super().__init__(**options)
        self._gateway = gateway
        self._async = DRIVER

    def generate_id(self) -> str:
        """Return an unguessable id that says which gateway holds the connection."""
        return f"{self._gateway}{_MARK}{secrets.token_urlsafe(15)}"

    def create_queue(self, *_args: object, **_options: object) -> OutboundQueue:
        """Return the outbound queue of a new connection."""
        return OutboundQueue()


def gateway_of(sid: str) -> str:
    """Return the gateway that an id names, or what stands there if it is none of ours."""
    return sid.partition(_MARK)[0]
