"""A steady stream from POST to socket, in one process: producers at a given rate, and a device of every recipient.

Requests leave at their time, whatever happens to those before (an open loop): one that finds no free connection
waits, and its wait counts. Reads an Order from standard input, prints `begin` and `end` around what it measures, then
a Report.
"""

import asyncio
import random
import re
import sys
import time
from collections import deque
from typing import cast

import aiohttp
import msgspec
import uvloop

from tests.bench.load import percentile, read_answer

TICK = 0.005
_SENT = re.compile(r'"sentAt":(\d+)')
_TEXT = "Ann Example has left a comment under your photograph of the harbour: what a light, and what a day for it!"
_SETTLE = 10.0


class Order(msgspec.Struct, kw_only=True):
    """What to do. `rate` is in notifications a second; `devices` are tokens by user."""

    host: str
    port: int
    rate: float
    seconds: float
    warm_up: float = 3.0
    connections: int = 64
    producers: tuple[str, ...]
    devices: dict[str, str]


class Report(msgspec.Struct):
    """What was measured. Times in milliseconds from the moment at which a request was due."""

    sent: int
    accepted: int
    arrived: int
    wrong: int
    p50: float
    p99: float
    slowest: float


class Stream:
    """What is to be sent, and what has come of it."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.due: deque[bytes] = deque()
        self.idle: list[Producer] = []
        self.sent = self.accepted = self.wrong = self.arrived = 0
        self.times: list[float] = []
        self.measured_from = self.measured_to = time.monotonic_ns() + 10**15
        self._users = list(order.devices)
        self._random = random.Random(1)
        self._heads = [
            "POST /api/notifications HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {token}\r\n"
            for token in order.producers
        ]

    async def pace(self) -> None:
        """Let requests become due at the rate, until cancelled."""
        loop = asyncio.get_running_loop()
        began, made = loop.time(), 0
        while True:
            for _ in range(int((loop.time() - began) * self.order.rate) - made):
                self.due.append(self._write())
                made += 1
            while self.due and self.idle:
                self.idle.pop().send(self.due.popleft())
            await asyncio.sleep(TICK)

    def answer(self, producer: "Producer", status: int) -> None:
        """Count an answer and give the connection its next request."""
        self.accepted += status == 201
        self.wrong += status != 201
        if self.due:
            producer.send(self.due.popleft())
        else:
            self.idle.append(producer)

    def arrive(self, frame: str) -> None:
        """Count what a device was shown."""
        now = time.monotonic_ns()
        for stamp in _SENT.findall(frame):
            if self.measured_from <= int(stamp) < self.measured_to:
                self.arrived += 1
                self.times.append((now - int(stamp)) / 1e6)

    def _write(self) -> bytes:
        stamp, number = time.monotonic_ns(), self.sent
        user = self._users[int(self._random.random() * len(self._users))]
        body = f'{{"recipients":["{user}"],"type":"comment","content":"{_TEXT}","metadata":{{"sentAt":{stamp}}}}}'
        head = f"{self._heads[number % len(self._heads)]}Idempotency-Key: {stamp}-{number}\r\n"
        self.sent += 1
        return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


class Producer(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._stream.idle.append(self)

    def connection_lost(self, error: Exception | None) -> None:
        """A gateway closes what was idle for half a minute; others carry on."""
        if self in self._stream.idle:
            self._stream.idle.remove(self)

    def send(self, request: bytes) -> None:
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if (answer := read_answer(self._received)) is not None:
            self._received = b""
            self._stream.answer(self, answer[0])


async def follow(client: aiohttp.ClientSession, stream: Stream, token: str, ready: asyncio.Event) -> None:
    """Be a device, until cancelled."""
    order = stream.order
    url = f"http://{order.host}:{order.port}/socket.io/?EIO=4&transport=websocket"
    async with client.ws_connect(url, compress=0, max_msg_size=0) as socket:
        await socket.receive_str()
        await socket.send_str("40" + msgspec.json.encode({"token": token}).decode())
        async for message in socket:
            if message.data == "2":
                await socket.send_str("3")
            elif message.data.startswith('42["notifications:pending"'):
                ready.set()
            else:
                stream.arrive(message.data)


async def run(order: Order) -> Report:
    """Do what is ordered."""
    stream, loop = Stream(order), asyncio.get_running_loop()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
        events = [asyncio.Event() for _ in order.devices]
        devices = [
            asyncio.create_task(follow(client, stream, token, ready))
            for token, ready in zip(order.devices.values(), events, strict=True)
        ]
        await asyncio.gather(*(ready.wait() for ready in events))
        for _ in range(order.connections):
            await loop.create_connection(lambda: Producer(stream), order.host, order.port)
        pacing = asyncio.create_task(stream.pace())
        await asyncio.sleep(order.warm_up)
        print("begin", flush=True)
        before, stream.measured_from = stream.sent, time.monotonic_ns()
        await asyncio.sleep(order.seconds)
        stream.measured_to, sent = time.monotonic_ns(), stream.sent - before
        print("end", flush=True)
        pacing.cancel()
        deadline = loop.time() + _SETTLE
        while stream.arrived < sent and loop.time() < deadline:
            await asyncio.sleep(0.05)
        for device in devices:
            device.cancel()
    figures = [percentile(stream.times, share) for share in (0.5, 0.99, 1)]
    return Report(sent, stream.accepted, stream.arrived, stream.wrong, *figures)


if __name__ == "__main__":
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(run(given))) + b"\n")
