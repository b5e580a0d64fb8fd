"""What is sent in one turn goes in one write; what a client does not read is bounded; who is idle costs no task."""

import asyncio
import gc
import itertools
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from unittest.mock import Mock, call

import pytest
import uvloop

from notifications.adapters.http.application import build_application
from notifications.adapters.http.front import Shortcuts
from notifications.adapters.http.listener import Listener
from notifications.adapters.socketio.connection import Connection
from notifications.adapters.socketio.entrance import Entrance
from notifications.adapters.socketio.polling import Poll
from notifications.adapters.socketio.websocket import WebSocket
from notifications.domain.errors import SlowConsumer
from notifications.domain.limits import OUTBOUND_CAP
from tests.support.frames import CLOSE, PING, PONG, TEXT, UPGRADE, frame, open_frames
from tests.support.ports import free_port
from tests.support.transport import WEBSOCKET, open_polling
from tests.support.waiting import eventually
from tests.unit.workloads.adapters.socketio.conftest import Guest, House

HEAD = f"GET {WEBSOCKET} HTTP/1.1\r\n{UPGRADE}\r\n".encode()
CONNECT = frame(TEXT, b'40{"token":"alice"}')
BODY = '"' + "x" * 1_000 + '"'
NUMBERED = re.compile(rb'42\["n","(\d+)x{1000}"\]')


@asynccontextmanager
async def serving(house: House) -> AsyncIterator[str]:
    entrance = house.server.open_entrance({})
    listener = Listener(build_application([], entrance.handle, lambda: True), Shortcuts(take=entrance.take))
    port = free_port()
    await listener.open("127.0.0.1", port)
    yield f"http://127.0.0.1:{port}"
    await house.server.close()
    await listener.close()


def on_each_loop(work: Callable[[], Awaitable[None]]) -> None:
    for factory in (asyncio.new_event_loop, uvloop.new_event_loop):
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(work())  # type: ignore[arg-type]


class Deaf:
    """A client that reads only when it is told to."""

    def __init__(self, url: str) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        self._socket.connect(("127.0.0.1", int(url.rpartition(":")[2])))
        self._socket.setblocking(False)
        self.received = b""

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def close(self) -> None:
        self._socket.close()

    async def read(self, until: Callable[[bytes], bool]) -> None:
        """Read until what was read suffices."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(10):
            while not until(self.received):
                piece = await loop.sock_recv(self._socket, 1 << 20)
                assert piece, "it was cut off"
                self.received += piece


async def deafen(house: House, url: str) -> Deaf:
    """A client that was let in, and has stopped to read; all that it may have waiting does wait."""
    deaf = Deaf(url)
    deaf.send(HEAD + CONNECT)
    await deaf.read(lambda received: b"40{" in received)
    numbers = itertools.count()
    while all(house.guest.socket.send("n", f'"{next(numbers)}{"x" * 1_000}"') for _ in range(100)):
        await asyncio.sleep(0)
    return deaf


def fake_transport() -> Any:
    transport = Mock(spec=asyncio.Transport)
    transport.get_write_buffer_size.return_value = 0
    transport.is_closing.return_value = False
    return transport


def enter(entrance: Entrance) -> tuple[Any, asyncio.Protocol]:
    """A client on a transport that remembers; it was let in once the loop has turned."""
    transport = fake_transport()
    assert entrance.take(HEAD, transport)
    (protocol,) = transport.set_protocol.call_args.args
    protocol.data_received(CONNECT)
    return transport, protocol


async def turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_one_turn_brings_is_written_at_once(house: House) -> None:
    transport, _ = enter(house.server.open_entrance({}))
    await turn()
    transport.write.reset_mock()
    for number in range(10):
        assert house.guest.socket.send("n", str(number))
    assert not transport.write.called
    await turn()
    written = b"".join(frame(TEXT, f'42["n",{number}]'.encode(), mask=0) for number in range(10))
    transport.write.assert_called_once_with(written)


async def test_a_handshake_and_what_opens_the_connection_are_one_write(house: House) -> None:
    transport = fake_transport()
    assert house.server.open_entrance({}).take(HEAD, transport)
    (answer,) = transport.write.call_args.args
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b'0{"sid":"gateway-0~' in answer


async def test_the_answer_to_connect_and_the_greeting_are_one_write(house: House) -> None:
    house.greeting = "connected", "position"
    transport, _ = enter(house.server.open_entrance({}))
    await turn()
    await turn()
    _, second = transport.write.call_args_list
    (written,) = second.args
    assert written.index(b"40{") < written.index(b'42["connected",{}]') < written.index(b'42["position",{}]')


async def test_the_answer_to_connect_and_the_greeting_are_one_poll(house: House) -> None:
    house.greeting = "connected", "position"
    async with serving(house) as url, open_polling(url) as polling:
        poll = asyncio.create_task(polling.receive())
        await asyncio.sleep(0.02)
        await polling.send('40{"token":"alice"}')
        answer, *greeting = await poll
        assert answer.startswith("40{")
        assert greeting == ['42["connected",{}]', '42["position",{}]']


async def test_what_a_transport_still_has_to_send_from_before_is_waited_for(house: House) -> None:
    transport = fake_transport()
    transport.get_write_buffer_size.return_value = 100_000
    assert house.server.open_entrance({}).take(HEAD, transport)
    (protocol,) = transport.set_protocol.call_args.args
    protocol.data_received(CONNECT)
    await turn()
    transport.write.reset_mock()
    house.guest.socket.send("n", "1")
    await turn()
    assert not transport.write.called
    protocol.resume_writing()
    assert transport.write.call_args.args[0].endswith(b'42["n",1]')


async def test_an_event_for_many_is_encoded_once(house: House) -> None:
    entrance = house.server.open_entrance({})
    clients = [enter(entrance)[0] for _ in range(3)]
    await turn()
    for guest in house.guests:
        guest.socket.send("n", BODY, "cursor")
    await turn()
    frames = [client.write.call_args.args[0] for client in clients]
    assert frames[0] == frame(TEXT, f'42["n",{BODY},"cursor"]'.encode(), mask=0)
    assert frames[0] is frames[1] is frames[2]


async def test_an_event_is_not_mistaken_for_the_one_before(house: House) -> None:
    transport, _ = enter(house.server.open_entrance({}))
    await turn()
    transport.write.reset_mock()
    sent = list(itertools.product(["a", "b"], ["1", "2"], ["c", None, "d"]))
    for event, body, cursor in sent:
        house.guest.socket.send(event, body, cursor)
    await turn()
    texts = [f'42["{event}",{body}' + (f',"{cursor}"]' if cursor else "]") for event, body, cursor in sent]
    transport.write.assert_called_once_with(b"".join(frame(TEXT, text.encode(), mask=0) for text in texts))


def test_a_client_that_does_not_read_is_sent_no_more_than_the_cap_and_all_of_it_in_order() -> None:
    async def work() -> None:
        house = House()
        async with serving(house) as url:
            deaf = await deafen(house, url)
            guest = house.guest.socket
            connection = house.server._engine.find(guest.session)
            assert connection is not None
            assert OUTBOUND_CAP < connection.outbox.size < OUTBOUND_CAP + 2_000
            waiting = asyncio.create_task(guest.drained())
            await turn()
            assert not waiting.done()
            await deaf.read(lambda received: len(received) > OUTBOUND_CAP)
            await asyncio.wait_for(waiting, 5)
            assert guest.send("last", "1")
            await deaf.read(lambda received: b'42["last",1]' in received)
            numbers = [int(number) for number in NUMBERED.findall(deaf.received)]
            assert numbers == list(range(deaf.received.count(b'42["n"')))
            assert len(numbers) * 1_000 > OUTBOUND_CAP
            deaf.close()

    on_each_loop(work)


def test_a_client_that_reads_nothing_for_too_long_is_a_slow_consumer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.adapters.socketio.socket.SLOW_CONSUMER_GRACE", 0.05)

    async def work() -> None:
        house = House()
        async with serving(house) as url:
            deaf = await deafen(house, url)
            with pytest.raises(SlowConsumer):
                await house.guest.socket.drained()
            house.guest.socket.close()
            assert house.left == house.guests
            with pytest.raises(SlowConsumer):
                await house.guest.socket.drained()
            house.let_pass(7)  # it does not read the farewell either
            with pytest.raises((ConnectionResetError, AssertionError)):
                await deaf.read(lambda _: False)
            deaf.close()

    on_each_loop(work)


def test_a_slow_consumer_that_reads_at_last_learns_why_it_was_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.adapters.socketio.socket.SLOW_CONSUMER_GRACE", 0.05)

    async def work() -> None:
        house = House()
        async with serving(house) as url:
            deaf = await deafen(house, url)
            with pytest.raises(SlowConsumer):
                await house.guest.socket.drained()
            house.guest.socket.close()
            await deaf.read(lambda received: b'"code": "SLOW_CONSUMER"' in received)
            deaf.close()

    on_each_loop(work)


def test_who_waits_for_room_is_told_of_the_end() -> None:
    async def work() -> None:
        house = House()
        async with serving(house) as url:
            deaf = await deafen(house, url)
            waiting = asyncio.create_task(house.guest.socket.drained())
            await turn()
            deaf.close()
            with pytest.raises(SlowConsumer):
                await asyncio.wait_for(waiting, 5)

    on_each_loop(work)


def test_one_who_asks_and_does_not_read_is_not_listened_to() -> None:
    async def work() -> None:
        house = House()
        async with serving(house) as url:
            deaf = await deafen(house, url)
            served = len(house.guest.served)
            deaf.send(frame(TEXT, b'421["x"]') * 100 + frame(9, b"x" * 125) * 100)
            await asyncio.sleep(0.05)
            assert len(house.guest.served) == served
            await deaf.read(lambda received: received.count(b"431[") == 100)
            assert len(house.guest.served) == served + 100
            deaf.close()

    on_each_loop(work)


async def test_of_what_waits_to_be_served_only_so_much_is_read(house: House) -> None:
    transport, protocol = enter(house.server.open_entrance({}))
    await turn()
    house.gate.clear()
    protocol.data_received(frame(TEXT, b'421["x"]') * 10)
    assert not transport.pause_reading.called
    protocol.data_received(frame(TEXT, b'421["x"]') * 10)
    assert transport.pause_reading.called
    transport.resume_reading.reset_mock()
    house.gate.set()
    await asyncio.sleep(0.01)
    assert transport.resume_reading.called
    assert len(house.guest.served) == 20


async def test_what_one_read_brought_beyond_that_waits_unread_and_is_served_in_order(house: House) -> None:
    transport, protocol = enter(house.server.open_entrance({}))
    await turn()
    house.gate.clear()
    protocol.data_received(b"".join(frame(TEXT, f'42["x",{number}]'.encode()) for number in range(1_000)))
    connection = house.server._engine.find(house.guest.socket.session)
    assert connection is not None
    assert connection._waiting is not None
    assert len(connection._waiting) == 17
    house.gate.set()
    await eventually(lambda: _is(len(house.guest.served) == 1_000), what="the last of them")
    assert house.guest.served == [("x", number) for number in range(1_000)]
    assert transport.method_calls[-1] == call.resume_reading()


async def test_what_comes_while_some_waits_unread_stands_behind_it(house: House) -> None:
    _, protocol = enter(house.server.open_entrance({}))
    await turn()
    whole = b"".join(frame(TEXT, f'42["x",{number}]'.encode()) for number in range(100))
    protocol.data_received(whole[:1_005])
    protocol.data_received(whole[1_005:])
    await eventually(lambda: _is(len(house.guest.served) == 100), what="the last of them")
    assert house.guest.served == [("x", number) for number in range(100)]


async def test_one_whose_packets_need_not_wait_lets_others_be_served_meanwhile(house: House) -> None:
    connection = house.server._engine.open(Poll())
    connection.receive('40{"token":"alice"}')
    await turn()
    for _ in range(100):
        connection.receive('42["x"]')
    counts = [0]
    while counts[-1] < 100:
        await asyncio.sleep(0)
        counts.append(len(house.guest.served))
    assert max(later - earlier for earlier, later in itertools.pairwise(counts)) == 16


async def test_of_frames_that_mean_nothing_only_so_many_are_read_in_one_turn(house: House) -> None:
    transport, protocol = enter(house.server.open_entrance({}))
    await turn()
    protocol.data_received(frame(TEXT, b"6") * 1_000 + frame(PING, b"x") + frame(TEXT, b'42["x"]'))
    assert transport.pause_reading.called
    for _ in range(2):
        await asyncio.sleep(0)
        assert call.write(frame(PONG, b"x", mask=0)) not in transport.method_calls
    await turn()
    assert call.write(frame(PONG, b"x", mask=0)) in transport.method_calls
    assert transport.method_calls[-1] == call.resume_reading()
    assert house.guest.served == [("x",)]


async def test_of_many_pings_in_one_read_the_last_is_answered(house: House) -> None:
    transport, protocol = enter(house.server.open_entrance({}))
    await turn()
    transport.write.reset_mock()
    protocol.data_received(b"".join(frame(PING, str(number).encode()) for number in range(100)))
    transport.write.assert_called_once_with(frame(PONG, b"99", mask=0))
    protocol.data_received(frame(TEXT, b"6"))
    assert transport.write.call_count == 1


@pytest.mark.parametrize("farewell", [frame(CLOSE, b"\x03\xe8"), frame(TEXT, b"1"), frame(TEXT, b"not a packet")])
async def test_a_ping_is_answered_before_the_farewell_that_follows_it(house: House, farewell: bytes) -> None:
    transport, protocol = enter(house.server.open_entrance({}))
    await turn()
    transport.write.reset_mock()
    protocol.data_received(frame(PING, b"x") + farewell)
    pong, close = (each.args[0] for each in transport.write.call_args_list)
    assert pong == frame(PONG, b"x", mask=0)
    assert close[0] == 0x80 | CLOSE


def test_clients_that_are_idle_cost_neither_tasks_nor_timers() -> None:
    async def work() -> None:
        house = House()
        async with serving(house) as url, AsyncExitStack() as exits:
            await turn()
            before = len(asyncio.all_tasks())
            clients = [await exits.enter_async_context(open_frames(url)) for _ in range(100)]
            for number, client in enumerate(clients):
                client.send(f'40{{"token":"user-{number}"}}')
                await client.message()
                await client.message()
            await turn()
            assert house.server.connections == len(house.guests) == 100
            assert len(asyncio.all_tasks()) == before
            house.let_pass(26)
            for client in clients:
                assert await client.message() == "2"
                client.send("3")
            await turn()
            assert len(asyncio.all_tasks()) == before

    on_each_loop(work)


def test_a_websocket_that_aiohttp_handed_over_costs_no_task_either() -> None:
    async def work() -> None:
        house = House()
        entrance = house.server.open_entrance({})
        listener, port = Listener(build_application([], entrance.handle, lambda: True)), free_port()
        await listener.open("127.0.0.1", port)
        async with AsyncExitStack() as exits:
            before = len(asyncio.all_tasks())
            clients = [await exits.enter_async_context(open_frames(f"http://127.0.0.1:{port}")) for _ in range(20)]
            for client in clients:
                await client.message()
            await eventually(lambda: _tasks(before), what="the end of aiohttp's tasks")
            assert house.server.connections == 20
        await house.server.close()
        await listener.close()

    on_each_loop(work)


async def test_who_is_left_at_the_end_is_told(house: House) -> None:
    async with serving(house) as url, open_frames(url) as client:
        await client.message()
        closing = asyncio.create_task(house.server.close())
        assert await client.message() == "1"
        assert await client.farewell() == 1000
        await closing


async def _tasks(count: int) -> bool:
    return len(asyncio.all_tasks()) == count


def test_a_connection_that_is_gone_leaves_nothing_for_the_search_for_cycles() -> None:
    async def work() -> None:
        house = House()
        async with serving(house) as url:
            gc.collect()
            gc.disable()
            before = set(map(id, gc.get_objects()))
            for _ in range(10):
                async with open_frames(url) as client:
                    await client.message()
                    client.send('40{"token":"alice"}')
                    await client.message()
            await eventually(lambda: _is_empty(house), what="the end")
            house.guests.clear()
            house.left.clear()
            house.let_pass(10)
            await turn()
            alive = [each for each in gc.get_objects() if isinstance(each, WebSocket | Connection | Guest)]
            assert [each for each in alive if id(each) not in before] == []

    try:
        on_each_loop(work)
    finally:
        gc.enable()


async def _is(fact: bool) -> bool:
    return fact


async def _is_empty(house: House) -> bool:
    return house.server.connections == 0
