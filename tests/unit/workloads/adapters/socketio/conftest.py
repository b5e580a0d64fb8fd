"""A Socket.IO server behind both of its doors, with an application that does as tests tell it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from notifications.adapters.http.application import build_application
from notifications.adapters.http.front import Shortcuts
from notifications.adapters.http.listener import Listener
from notifications.adapters.prometheus.metrics import Metrics
from notifications.adapters.socketio.entrance import Policy
from notifications.adapters.socketio.packets import Event
from notifications.adapters.socketio.server import SocketServer
from notifications.app.hub import Arrival
from notifications.app.session import Session
from notifications.domain.errors import Invalid, Unauthenticated
from notifications.domain.notification import UserKey
from notifications.domain.principal import Principal
from notifications.ports.socket import Socket
from tests.support.ports import free_port
from tests.unit.workloads.app.world import clock

SAID = {"X-Said": "as always"}


@dataclass(eq=False)
class Guest:
    """A session as far as the server knows one."""

    socket: Socket
    principal: Principal
    served: list[tuple[Any, ...]] = field(default_factory=list)


class House:
    """Lets everybody in whose token is a name. `gate` holds up what is served while it is closed."""

    def __init__(self) -> None:
        self.guests: list[Guest] = []
        self.left: list[Guest] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.may_open = True
        self.greeting: tuple[str, ...] = ()
        self.server = SocketServer("gateway-0", self.verify, cast(Any, self), cast(Any, self.serve), Metrics())

    @property
    def guest(self) -> Guest:
        """Who came last."""
        return self.guests[-1]

    def verify(self, token: object) -> Principal:
        if not isinstance(token, str) or not token:
            raise Unauthenticated("no token")
        return Principal(UserKey("default", token), clock())

    async def join(self, arrival: Arrival) -> Session:
        guest = Guest(arrival.socket, arrival.principal)
        self.guests.append(guest)
        arrival.accept(f"private-{arrival.principal.owner.user}")
        for event in self.greeting:
            await asyncio.sleep(0)
            arrival.socket.send(event, "{}")
        return cast(Session, guest)

    def leave(self, session: Session) -> None:
        self.left.append(cast(Guest, session))

    async def serve(self, guest: Guest, event: Event) -> dict[str, object]:
        await self.gate.wait()
        guest.served.append((event.name, *event.arguments))
        if event.name == "refuse":
            raise Invalid("as you wish")
        return {"echo": list(event.arguments)}

    def let_pass(self, seconds: int) -> None:
        """Let deadlines pass as if so many seconds went by."""
        for _ in range(seconds):
            for _ in self.server._engine.wheel.turn():
                pass


@pytest.fixture
async def house() -> House:
    return House()


@pytest.fixture(params=["the front", "aiohttp"])
async def url(house: House, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """Its address; websockets come in before aiohttp sees them, or through it."""
    entrance = house.server.open_entrance(SAID, Policy(["https://app.example"]))
    app = build_application([], entrance.handle, lambda: house.may_open)
    shortcuts = Shortcuts(take=lambda data, transport: house.may_open and entrance.take(data, transport))
    listener, port = Listener(app, shortcuts if request.param == "the front" else None), free_port()
    await listener.open("127.0.0.1", port)
    yield f"http://127.0.0.1:{port}"
    await house.server.close()
    await listener.close()
