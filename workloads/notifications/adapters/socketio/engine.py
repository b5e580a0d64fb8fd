"""All Engine.IO connections of a gateway: their ids, which name the gateway, and their deadlines."""

import asyncio
import json
import secrets
from typing import Final

from notifications.adapters.socketio.connection import Application, Carrier, Connection
from notifications.adapters.socketio.frames import frame
from notifications.adapters.socketio.wheel import Wheel
from notifications.adapters.socketio.windows import Windows
from notifications.app.tasks import Tasks
from notifications.domain.limits import MAX_PACKET, PING_INTERVAL, PING_TIMEOUT

_MARK: Final = "~"
_AT_ONCE: Final = 256
_TURN: Final = 1.0


class Engine:
    """Opens connections and keeps them until they have ended."""

    def __init__(self, gateway: str, application: Application) -> None:
        self._gateway = gateway
        self.application = application
        self.wheel = Wheel()
        self.windows = Windows()
        self.tasks = Tasks()
        self._connections: dict[str, Connection] = {}

    def open(self, carrier: Carrier, upgrades: tuple[str, ...] = ()) -> Connection:
        """Open a connection: its handshake waits to be sent."""
        connection = Connection(self.make_id(), self, carrier)
        self._connections[connection.sid] = connection
        handshake = {
            "sid": connection.sid,
            "upgrades": upgrades,
            "pingTimeout": int(PING_TIMEOUT * 1000),
            "pingInterval": int(PING_INTERVAL * 1000),
            "maxPayload": MAX_PACKET,
        }
        connection.put(frame(b"0" + json.dumps(handshake, separators=(",", ":")).encode()))
        self.application.opened(connection)
        return connection

    def find(self, sid: str) -> Connection | None:
        """Return a connection that has not ended, or has something left to say."""
        return self._connections.get(sid)

    def forget(self, connection: Connection) -> None:
        """Let go of a connection that has ended."""
        self.wheel.cancel(connection)
        self._connections.pop(connection.sid, None)

    def make_id(self) -> str:
        """Return an unguessable id that says which gateway holds the connection."""
        return f"{self._gateway}{_MARK}{secrets.token_urlsafe(15)}"

    async def run(self) -> None:
        """Let deadlines pass, until cancelled."""
        while True:
            await asyncio.sleep(_TURN)
            for number, _ in enumerate(self.wheel.turn()):
                if number % _AT_ONCE == _AT_ONCE - 1:
                    await asyncio.sleep(0)  # thousands may have come in the same second

    async def close(self) -> None:
        """End every connection, and what is being served."""
        for connection in tuple(self._connections.values()):
            connection.close()
        await self.tasks.stop()


def gateway_of(sid: str) -> str:
    """Return the gateway that an id names, or what stands there if it is none of ours."""
    return sid.partition(_MARK)[0]
