"""A device that speaks Socket.IO by hand: it keeps every event as it came and repairs nothing."""

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.support.transport import Transport, open_polling, open_websocket


class Device:
    """One connection of one user."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.packets: list[str] = []
        self.events: list[list[Any]] = []
        self.closed = asyncio.Event()
        self._answers: dict[int, Any] = {}
        self._numbers = itertools.count()
        self._taken: Counter[str] = Counter()
        self._news = asyncio.Event()

    @property
    def cursor(self) -> str | None:
        """What the stock client would present: the last string that stood last in an event."""
        return next((event[-1] for event in reversed(self.events) if isinstance(event[-1], str) and event[1:]), None)

    @property
    def private_id(self) -> str:
        """What CONNECT was answered with, which the stock client presents beside the cursor."""
        given: str = json.loads(next(packet for packet in self.packets if packet.startswith("40"))[2:])["pid"]
        return given

    @property
    def notifications(self) -> list[dict[str, Any]]:
        """Every raw arrival of a notification."""
        return [event[1] for event in self.events if event[0] == "notification"]

    async def run(self) -> None:
        """Receive until the connection ends."""
        try:
            while packets := await self.transport.receive():
                for packet in packets:
                    await self._take(packet)
                self._news.set()
        finally:
            self.closed.set()
            self._news.set()

    async def connect(self, token: object = None, **auth: object) -> None:
        """Send CONNECT."""
        await self.transport.send("40" + json.dumps({"token": token, **auth}))

    async def emit(self, *event: object) -> None:
        """Send an event without asking for an answer."""
        await self.transport.send("42" + json.dumps(event))

    async def call(self, *event: object) -> Any:
        """Send an event and return the answer."""
        number = next(self._numbers)
        await self.transport.send(f"42{number}{json.dumps(event)}")
        await self.until(lambda: number in self._answers, f"the answer to {event[0]}")
        return self._answers[number]

    async def expect(self, name: str, within: float = 10.0) -> list[Any]:
        """Return the arguments of the next event of this name that was not expected before."""
        number = self._taken[name]
        await self.until(lambda: len(self._named(name)) > number, f"the event {name}", within)
        self._taken[name] += 1
        return self._named(name)[number][1:]

    async def refusal(self) -> dict[str, Any]:
        """Return what CONNECT_ERROR said."""
        await self.until(lambda: any(packet.startswith("44") for packet in self.packets), "a CONNECT_ERROR")
        refusal: dict[str, Any] = json.loads(next(packet for packet in self.packets if packet.startswith("44"))[2:])
        return refusal

    async def until(self, happened: Callable[[], bool], what: str, within: float = 10.0) -> None:
        """Wait for something to become true of what came."""
        try:
            async with asyncio.timeout(within):
                while not happened():
                    assert not self.closed.is_set(), f"the connection ended before {what}: {self.packets}"
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError as error:
            raise AssertionError(f"{what} did not come within {within:g} s: {self.packets}") from error

    async def _take(self, packet: str) -> None:
        self.packets.append(packet)
        if packet == "2":
            await self.transport.send("3")
        elif packet.startswith("42"):
            self.events.append(json.loads(packet[2:]))
        elif packet.startswith("43"):
            number, bracket, rest = packet[2:].partition("[")
            self._answers[int(number)] = json.loads(bracket + rest)[0]

    def _named(self, name: str) -> list[list[Any]]:
        return [event for event in self.events if event[0] == name]


@asynccontextmanager
async def receiving(transport: Transport) -> AsyncIterator[Device]:
    """A device that receives on a transport until the block ends."""
    device = Device(transport)
    running = asyncio.create_task(device.run())
    try:
        yield device
    finally:
        running.cancel()
        await asyncio.wait([running])


@asynccontextmanager
async def dial(url: str, transport: str = "websocket") -> AsyncIterator[Device]:
    """A device after the Engine.IO handshake that has not sent its CONNECT."""
    opened = open_websocket(url) if transport == "websocket" else open_polling(url)
    async with opened as carrier, receiving(carrier) as device:
        yield device


@asynccontextmanager
async def join(url: str, token: str, transport: str = "websocket", **auth: object) -> AsyncIterator[Device]:
    """A device that was greeted; without a `cursor` it has seen what is pending as well."""
    async with dial(url, transport) as device:
        await device.connect(token, **auth)
        greeting, *_ = await device.expect("connected")
        if not greeting["recovered"]:
            await device.until(lambda: device.cursor is not None, "the position")
        yield device
