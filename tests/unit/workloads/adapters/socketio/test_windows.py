"""What may wait gathers and leaves in one piece: all of it, in order, and in time."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.adapters.socketio.connection import Connection
from notifications.adapters.socketio.frames import BINARY, CLOSE, NORMAL, UNSUPPORTED, farewell
from notifications.adapters.socketio.polling import Poll
from notifications.adapters.socketio.socket import GatewaySocket
from notifications.adapters.socketio.windows import Windows
from notifications.domain.limits import BUSY_WINDOW, TRANSPORT_ROOM
from notifications.domain.window import Window
from tests.support.frames import frame
from tests.support.transport import open_polling
from tests.support.waiting import eventually
from tests.unit.workloads.adapters.socketio.conftest import House
from tests.unit.workloads.adapters.socketio.test_flow import enter, serving, turn
from tests.unit.workloads.app.world import in_virtual_time

TENTH = Window(10, 100)
NUMBERED = re.compile(rb'42\["n",(\d+)')
POSITION = b'42["position",1]'
FAREWELL = b"\x81\x011"


@dataclass
class Reader:
    """A client on a transport that remembers when it was written what. Its position is told behind what gathers."""

    socket: Any
    connection: Connection
    protocol: Any
    written: list[tuple[float, bytes]] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)
    is_telling: bool = False

    def gather(self, window: Window = TENTH, size: int = 0) -> int:
        number = next(self.numbers)
        assert self.socket.gather("n", f'{number},"{"x" * size}"', window, self.tell_soon)
        return number

    def send(self) -> int:
        number = next(self.numbers)
        assert self.socket.send("n", str(number))
        return number

    def tell_soon(self) -> None:
        if not self.is_telling:
            self.is_telling = True
            asyncio.get_running_loop().call_soon(self.tell)

    def tell(self) -> None:
        self.is_telling = False
        self.socket.send("position", "1")

    def read(self) -> list[list[int]]:
        """The numbers that each write brought."""
        return [[int(number) for number in NUMBERED.findall(data)] for _, data in self.written]


async def open_reader(house: House) -> Reader:
    transport, protocol = enter(house.server.open_entrance({}))
    await turn()
    socket = house.guest.socket
    connection = house.server._engine.find(socket.session)
    assert isinstance(socket, GatewaySocket)
    assert connection is not None
    reader = Reader(socket, connection, protocol)
    transport.write.side_effect = lambda data: reader.written.append((asyncio.get_running_loop().time(), data))
    return reader


def read(work: Callable[[Reader], Any]) -> Reader:
    """What a client was written by the end of some work, in virtual time."""

    async def run() -> Reader:
        reader = await open_reader(House())
        await work(reader)
        return reader

    return in_virtual_time(run)


def test_what_gathers_leaves_when_its_window_is_over_and_the_position_behind_it() -> None:
    async def work(reader: Reader) -> None:
        for _ in range(3):
            reader.gather()
            await asyncio.sleep(0.03)
        assert not reader.written
        await asyncio.sleep(1)

    reader = read(work)
    assert reader.read() == [[0, 1, 2]]
    assert 0.09 <= reader.written[0][0] <= 0.1
    assert reader.written[0][1].endswith(POSITION)


def test_so_many_leave_at_once() -> None:
    async def work(reader: Reader) -> None:
        for _ in range(12):
            reader.gather()
        await turn()

    reader = read(work)
    assert reader.read() == [[*range(12)]]
    assert reader.written[0][1].count(POSITION) == 1
    assert reader.written[0][1].endswith(POSITION)


def test_what_is_large_does_not_wait_for_more() -> None:
    async def work(reader: Reader) -> None:
        for _ in range(3):
            reader.gather(size=TRANSPORT_ROOM // 2)
        await turn()

    assert [len(numbers) for numbers in read(work).read()] == [2, 1]


def test_what_may_not_wait_takes_along_what_has_gathered_before_it() -> None:
    async def work(reader: Reader) -> None:
        reader.gather()
        reader.gather()
        reader.send()
        await turn()
        assert reader.read() == [[0, 1, 2]]
        reader.gather()
        await asyncio.sleep(1)

    reader = read(work)
    assert reader.read() == [[0, 1, 2], [3]]
    assert all(data.endswith(POSITION) for _, data in reader.written)


def test_what_comes_behind_something_on_its_way_goes_along_and_is_told() -> None:
    async def work(reader: Reader) -> None:
        reader.send()
        reader.gather()
        await turn()

    reader = read(work)
    assert [number for numbers in reader.read() for number in numbers] == [0, 1]
    assert reader.written[-1][1].endswith(POSITION)


def test_the_shortest_window_counts() -> None:
    async def work(reader: Reader) -> None:
        reader.gather(TENTH)
        reader.gather(Window(10, 20))
        reader.gather(TENTH)
        await asyncio.sleep(1)

    reader = read(work)
    assert reader.read() == [[0, 1, 2]]
    assert reader.written[0][0] <= 0.02


def test_the_next_window_begins_when_the_next_is_gathered() -> None:
    async def work(reader: Reader) -> None:
        reader.gather()
        await asyncio.sleep(0.05)
        reader.send()
        await asyncio.sleep(0.01)
        reader.gather()
        await asyncio.sleep(1)

    reader = read(work)
    assert reader.read() == [[0, 1], [2]]
    assert 0.15 <= reader.written[1][0] <= 0.16


def test_the_end_takes_along_what_has_gathered() -> None:
    async def work(reader: Reader) -> None:
        reader.gather()
        reader.socket.close()
        await turn()

    data = b"".join(data for _, data in read(work).written)
    assert 0 <= data.index(b'42["n",0') < data.index(FAREWELL)


def test_a_client_that_leaves_is_sent_what_has_gathered() -> None:
    async def work(reader: Reader) -> None:
        reader.gather()
        reader.connection.receive("1")
        await turn()

    assert read(work).read()[0] == [0]


@pytest.mark.parametrize(
    ("said", "code"),
    [(frame(CLOSE, b"\x03\xe8"), NORMAL), (frame(BINARY, b"x"), UNSUPPORTED)],
    ids=["who says farewell", "who cannot be understood"],
)
def test_a_farewell_stands_behind_what_has_gathered(said: bytes, code: int) -> None:
    async def work(reader: Reader) -> None:
        reader.gather()
        reader.protocol.data_received(said)
        await asyncio.sleep(1)

    data = b"".join(data for _, data in read(work).written)
    assert b'42["n",0' in data
    assert data.endswith(farewell(code))


def test_a_transport_that_takes_more_again_is_not_given_what_still_gathers() -> None:
    async def work(reader: Reader) -> None:
        reader.protocol.pause_writing()
        reader.gather()
        reader.protocol.resume_writing()
        assert not reader.written
        await asyncio.sleep(1)

    reader = read(work)
    assert reader.read() == [[0]]
    assert reader.written[0][1].endswith(POSITION)


def test_a_poll_is_answered_when_the_window_is_over() -> None:
    async def work() -> tuple[list[bytes], float]:
        connection = (house := House()).server._engine.open(Poll())
        connection.outbox.take()
        poll = connection.carrier
        assert isinstance(poll, Poll)
        waiting = asyncio.create_task(poll.wait())
        await asyncio.sleep(0)
        connection.gather(b"a", TENTH, lambda: None)
        connection.gather(b"b", TENTH, lambda: None)
        await waiting
        found = connection.outbox.take(), asyncio.get_running_loop().time()
        await house.server.close()
        return found

    frames, at = in_virtual_time(work)
    assert frames == [b"a", b"b"]
    assert 0.09 <= at <= 0.1


async def test_a_poll_that_comes_meanwhile_waits_for_the_rest_of_the_window(house: House) -> None:
    async with serving(house) as url, open_polling(url) as polling:
        await polling.send('40{"token":"alice"}')
        await polling.receive()
        socket = house.guest.socket

        def tell_soon() -> None:
            asyncio.get_running_loop().call_soon(socket.send, "position", "1")

        assert socket.gather("n", "0", TENTH, tell_soon)
        assert await polling.receive() == ['42["n",0]', '42["position",1]']


async def test_a_second_poll_does_not_let_the_first_take_what_still_gathers(house: House) -> None:
    async with serving(house) as url, open_polling(url) as polling:
        await polling.send('40{"token":"alice"}')
        await polling.receive()
        socket = house.guest.socket
        connection = house.server._engine.find(socket.session)
        assert connection is not None
        first = asyncio.create_task(polling.receive())
        await eventually(lambda: is_polled(connection))
        assert socket.gather("n", "0", Window(10, 60_000), lambda: None)
        second = asyncio.create_task(polling.receive())
        assert await first == ["6"]
        assert connection.gathering is not None
        connection.leave(connection.gathering)
        assert await second == ['42["n",0]']


async def test_a_probe_does_not_let_a_poll_take_what_still_gathers(house: House) -> None:
    async with serving(house) as url, open_polling(url) as polling:
        await polling.send('40{"token":"alice"}')
        await polling.receive()
        socket = house.guest.socket
        connection = house.server._engine.find(socket.session)
        assert connection is not None
        polled = asyncio.create_task(polling.receive())
        await eventually(lambda: is_polled(connection))
        assert socket.gather("n", "0", Window(10, 60_000), lambda: None)
        async with polling.upgrade() as websocket:
            assert await polled == ["6"]
            await eventually(lambda: not isinstance(connection.carrier, Poll))
            assert connection.gathering is not None
            connection.leave(connection.gathering)
            assert await websocket.receive() == ['42["n",0]']


def is_polled(connection: Connection) -> bool:
    return isinstance(connection.carrier, Poll) and connection.carrier._waiting is not None


def test_thousands_end_in_turns_and_share_a_few_timers() -> None:
    async def work() -> list[int]:
        loop, windows, engine = asyncio.get_running_loop(), Windows(), House().server._engine
        engine.windows = windows
        for _ in range(1_100):
            connection = engine.open(Poll())
            connection.outbox.take()
            connection.gather(b"a", TENTH, lambda: None)
            await asyncio.sleep(0)
        assert len(loop._timers) == len(windows._slots)  # type: ignore[attr-defined]
        sizes = [len(slot) for slot in windows._slots.values()]
        await asyncio.sleep(1)
        assert not windows._slots
        return sizes

    assert in_virtual_time(work) == [100] * 11


WINDOWS = st.builds(Window, st.integers(10, 50), st.integers(1, 100))
STEPS = st.lists(
    st.one_of(
        WINDOWS,
        st.just("send"),
        st.floats(0, 0.2).map(lambda seconds: round(seconds, 3)),
        st.sampled_from(["choke", "clear"]),  # what a transport says of its client
    ),
    max_size=80,
)


async def take(step: Window | str | float, reader: Reader, due: dict[int, float]) -> None:
    """Take a step; `due` is when what it brings has to be written at the latest."""
    now = asyncio.get_running_loop().time()
    match step:
        case Window():
            due[reader.gather(step)] = now + step.milliseconds / 1000
        case "send":
            due[reader.send()] = now
        case "choke":
            reader.protocol.pause_writing()
        case "clear":
            reader.protocol.resume_writing()
        case float():
            await asyncio.sleep(step)


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_nothing_is_lost_or_out_of_order_or_held_beyond_its_window(steps: list[Window | str | float]) -> None:
    due: dict[int, float] = {}

    async def work(reader: Reader) -> None:
        for step in steps:
            await take(step, reader, due)
        await asyncio.sleep(1)
        reader.protocol.resume_writing()

    reader = read(work)
    assert [number for numbers in reader.read() for number in numbers] == [*range(len(due))]
    if "choke" not in steps:
        for (at, _), numbers in zip(reader.written, reader.read(), strict=True):
            assert all(at <= due[number] + 1e-9 for number in numbers)


@given(st.lists(st.one_of(WINDOWS, st.floats(0, 0.2)), max_size=80))
def test_each_write_of_what_has_gathered_ends_in_the_position(steps: list[Window | float]) -> None:
    async def work(reader: Reader) -> None:
        for step in steps:
            await take(step, reader, {})
        await asyncio.sleep(1)

    assert all(data.endswith(POSITION) for _, data in read(work).written)


def test_what_is_held_is_never_more_than_a_window_of_messages_and_a_transport_of_bytes() -> None:
    async def work(reader: Reader) -> None:
        for length in range(200):
            reader.gather(Window(50, 100), length * 61 % 3_000)
            if reader.connection.gathering is not None:
                assert len(reader.connection.outbox) < 50
                assert reader.connection.outbox.size < TRANSPORT_ROOM
            else:
                await turn()
        await asyncio.sleep(1)

    assert [number for numbers in read(work).read() for number in numbers] == [*range(200)]


def test_a_client_is_busy_for_a_moment_after_each_write() -> None:
    found: list[bool] = []

    async def work(reader: Reader) -> None:
        await asyncio.sleep(BUSY_WINDOW / 1000)  # since it was greeted
        found.append(reader.socket.is_busy)
        reader.send()
        await turn()
        found.append(reader.socket.is_busy)
        await asyncio.sleep(BUSY_WINDOW / 1000)
        found.append(reader.socket.is_busy)

    read(work)
    assert found == [False, True, False]
