"""The load generator: a process of its own that keeps connections busy and checks every answer.

Each connection has one request under way and sends the next one at the answer: a closed loop. A 503 is asked again, as
a producer would, and waits do not count as latency. It shares the machine with what it measures, so it makes requests
before and reads answers behind what is measured. Reads an Order from standard input, prints `begin` and `end` around
what it measures, then a Report.
"""

import asyncio
import gc
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import cast

import msgspec
import uvloop

from tests.bench.exchange import Exchange, Hello, Notifications, Question

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_PAUSE = 0.1
_FINISH_WITHIN = 15.0
_MADE_A_SECOND = 12_000  # beyond that rate requests are made when they are sent


class Order(msgspec.Struct, kw_only=True):
    """What to do. Without tokens it is GET / that is asked. `ids` is a file for the ids of all that was accepted."""

    host: str
    port: int
    connections: int
    seconds: float
    warm_up: float = 2.0
    tokens: tuple[str, ...] = ()
    ids: str | None = None


class Report(msgspec.Struct):
    """What was measured. Times in milliseconds; `wrong` counts answers by status, 0 for a connection that was cut.

    `told` counts what was accepted from the start to the end, `accepted` what was while measuring.
    """

    told: int
    accepted: int
    seconds: float
    p50: float
    p99: float
    slowest: float
    postponed: int
    wrong: dict[int, int]

    @property
    def rate(self) -> float:
        return self.accepted / self.seconds


class Tally:
    """What the connections have seen. `answers` are kept for the whole life, all else while measuring."""

    def __init__(self) -> None:
        self.answers: list[tuple[Question, bytes]] = []
        self.ids: list[str] = []
        self.wrong: Counter[int] = Counter()
        self.times: list[float] = []
        self.postponed = 0
        self.measuring = False
        self.over = False

    def add(self, question: Question, body: bytes, seconds: float) -> None:
        self.answers.append((question, body))
        if self.measuring:
            self.times.append(seconds)

    def judge(self, exchange: Exchange) -> None:
        """Read the answers that had the right status."""
        for question, body in self.answers:
            if (id := exchange.read(question, body)) is None:
                self.wrong[exchange.status] += 1
            else:
                self.ids.append(id)

    def report(self, seconds: float) -> Report:
        return Report(
            told=len(self.ids),
            accepted=len(self.times),
            seconds=seconds,
            p50=percentile(self.times, 0.5) * 1000,
            p99=percentile(self.times, 0.99) * 1000,
            slowest=percentile(self.times, 1) * 1000,
            postponed=self.postponed,
            wrong=dict(self.wrong),
        )


class Client(asyncio.Protocol):
    """One connection; one that is cut counts as a wrong answer and is not opened again."""

    def __init__(self, number: int, exchange: Exchange, tally: Tally) -> None:
        self._number = number
        self._exchange = exchange
        self._tally = tally
        self._loop = asyncio.get_running_loop()
        self._received = b""
        self._asked = 0.0
        self._question: Question | None = None
        self.idle = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by name
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if (answer := read_answer(self._received)) is not None:
            self._received = b""
            self._judge(*answer)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.idle.is_set():
            self._tally.wrong[0] += 1
            self.idle.set()

    def _ask(self) -> None:
        self._question = self._question or self._exchange.ask(self._number)
        self._asked = perf_counter()
        self._transport.write(self._question.raw)

    def _judge(self, status: int, body: bytes) -> None:
        assert self._question is not None
        if status == 503:
            self._tally.postponed += 1
            self._loop.call_later(_PAUSE, self._ask)
            return
        if status == self._exchange.status:
            self._tally.add(self._question, body, perf_counter() - self._asked)
        else:
            self._tally.wrong[status] += 1
        self._question = None
        if self._tally.over:
            self.idle.set()
            self._transport.close()
        else:
            self._ask()


def read_answer(received: bytes) -> tuple[int, bytes] | None:
    """Status and body of an answer, None while part of it is missing."""
    head, end, body = received.partition(b"\r\n\r\n")
    if not end:
        return None
    length = _LENGTH.search(head)
    assert length is not None, f"an answer without Content-Length: {head!r}"
    return (int(head[9:12]), body) if len(body) >= int(length[1]) else None


def percentile(times: Sequence[float], share: float) -> float:
    """The value that `share` of the times do not exceed; 0 of none."""
    return sorted(times)[max(0, min(len(times) - 1, int(len(times) * share)))] if times else 0.0


async def run(order: Order) -> Report:
    """Do what is ordered."""
    loop, tally = asyncio.get_running_loop(), Tally()
    exchange = Notifications(order.tokens) if order.tokens else Hello()
    exchange.prepare(int((order.warm_up + order.seconds) * _MADE_A_SECOND))
    clients = [Client(number, exchange, tally) for number in range(order.connections)]
    for client in clients:
        await loop.create_connection(lambda client=client: client, order.host, order.port)  # type: ignore[misc]
    await asyncio.sleep(order.warm_up)
    print("begin", flush=True)
    begun, tally.measuring = perf_counter(), True
    await asyncio.sleep(order.seconds)
    seconds, tally.measuring = perf_counter() - begun, False
    print("end", flush=True)
    tally.over = True
    async with asyncio.timeout(_FINISH_WITHIN):
        await asyncio.gather(*(client.idle.wait() for client in clients))
    tally.judge(exchange)
    if order.ids:
        Path(order.ids).write_text("\n".join(tally.ids))
    return tally.report(seconds)


if __name__ == "__main__":
    gc.disable()  # nothing here is garbage before the end
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(run(given))) + b"\n")
