"""An upgrade at the wrong gateway becomes a pipe to the right one, which costs no task and hides nobody's slowness."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from notifications.adapters.http.application import build_application
from notifications.adapters.http.listener import Listener
from notifications.adapters.socketio.forward import Forwarder
from notifications.domain.limits import OUTBOUND_CAP
from tests.support.frames import UPGRADE, FrameClient, open_frames
from tests.support.ports import free_port
from tests.support.raw import open_raw
from tests.support.transport import POLLING, WEBSOCKET, Polling, open_polling
from tests.support.waiting import eventually
from tests.unit.workloads.adapters.socketio.conftest import House


@dataclass
class Fleet:
    """The right gateway and the wrong one."""

    house: House
    right: str
    wrong: str
    forwarder: Forwarder
    address: str

    async def is_over(self) -> bool:
        return self.house.server.connections == 0 and not (self.forwarder._to_clients or self.forwarder._to_peers)


@pytest.fixture
async def fleet(house: House) -> AsyncIterator[Fleet]:
    ports = [free_port(), free_port()]
    entrances = [one.server.open_entrance({}) for one in (house, House())]
    forwarder = Forwarder("gateway-9", lambda _: made.address, entrances[1].handle)
    right, wrong = (f"http://127.0.0.1:{port}" for port in ports)
    made = Fleet(house, right, wrong, forwarder, f"127.0.0.1:{ports[0]}")
    handlers = entrances[0].handle, forwarder.handle
    listeners = [Listener(build_application([], handler, lambda: True)) for handler in handlers]
    for listener, port in zip(listeners, ports, strict=True):
        await listener.open("127.0.0.1", port)
    yield made
    await forwarder.close()
    await house.server.close()
    for listener in listeners:
        await listener.close()


@pytest.fixture
async def polling(fleet: Fleet) -> AsyncIterator[Polling]:
    """A client that was let in at the right gateway."""
    async with open_polling(fleet.right) as polling:
        await polling.send('40{"token":"alice"}')
        await polling.receive()
        yield polling


async def take_over(client: FrameClient) -> None:
    assert client.head.startswith(b"HTTP/1.1 101 ")
    client.send("2probe")
    assert await client.message() == "3probe"
    client.send("5")


async def test_what_is_sent_arrives_both_ways(fleet: Fleet, polling: Polling) -> None:
    async with open_frames(fleet.wrong, f"&sid={polling.sid}") as client:
        await take_over(client)
        for number in range(100):
            fleet.house.guest.socket.send("n", str(number))
        assert [await client.message() for _ in range(100)] == [f'42["n",{number}]' for number in range(100)]
        client.send('421["x"]')
        assert await client.message() == '431[{"ok": true, "echo": []}]'
        fleet.house.guest.socket.dismiss()
        assert [await client.message(), await client.message()] == ["41", "1"]
        assert await client.farewell() == 1000
    await eventually(fleet.is_over, what="the end of the pipe")


async def test_a_client_that_hangs_up_is_forgotten_on_both_sides(fleet: Fleet, polling: Polling) -> None:
    async with open_frames(fleet.wrong, f"&sid={polling.sid}") as client:
        await take_over(client)
        await eventually(
            lambda: _is(len(fleet.forwarder._to_clients) == len(fleet.forwarder._to_peers) == 1), what="the pipe"
        )
    await eventually(fleet.is_over, what="the end of the pipe")


async def test_a_pipe_costs_no_task(fleet: Fleet, polling: Polling) -> None:
    before = len(asyncio.all_tasks())
    async with open_frames(fleet.wrong, f"&sid={polling.sid}") as client:
        await take_over(client)
        client.send('421["x"]')
        await client.message()
        await eventually(lambda: _is(len(asyncio.all_tasks()) <= before), what="the end of aiohttp's tasks")
        client.send('422["x"]')
        assert (await client.message()).startswith("432")


async def test_a_client_that_does_not_read_is_slow_for_its_gateway_too(fleet: Fleet, polling: Polling) -> None:
    async with open_frames(fleet.wrong, f"&sid={polling.sid}") as client:
        await take_over(client)
        client.send('421["x"]')
        await client.message()
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]
        count = 0
        async with asyncio.timeout(10):
            while fleet.house.guest.socket.send("n", f'"{"x" * 10_000}"'):
                count += 1
                if count % 10 == 0:
                    await asyncio.sleep(0.001)
        assert count * 10_000 > OUTBOUND_CAP
        client.reader._transport.resume_reading()  # type: ignore[attr-defined]
        for _ in range(count):
            assert len(await client.message()) == len('42["n",""]') + 10_000


async def test_who_is_refused_is_answered_and_may_ask_for_something_else(fleet: Fleet) -> None:
    refused = f"GET {WEBSOCKET}&sid=gateway-0~absent HTTP/1.1\r\n{UPGRADE}\r\n"
    async with open_raw(fleet.wrong) as (reader, writer):
        for _ in range(2):
            writer.write(refused.encode() + f"GET {POLLING} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
            await reader.readuntil(b"connect again")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
            assert b"gateway-0~" in await reader.readuntil(b"}")
    assert fleet.house.server.connections == 0, "what came behind the handshake was served by the wrong gateway itself"


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere", "[::1]:x"])
async def test_a_gateway_that_is_gone_is_a_connection_that_has_ended(fleet: Fleet, address: str) -> None:
    fleet.address = address
    async with open_frames(fleet.wrong, "&sid=gateway-0~x") as client:
        assert client.head.startswith(b"HTTP/1.1 400 ")


async def test_a_gateway_that_says_nothing_is_not_waited_for(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.adapters.socketio.forward._CONNECT", 0.05)
    silent = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", port := free_port())
    fleet.address = f"127.0.0.1:{port}"
    async with open_frames(fleet.wrong, "&sid=gateway-0~x") as client:
        assert client.head.startswith(b"HTTP/1.1 400 ")
    await eventually(fleet.is_over, what="the end of the pipe")
    silent.close()


async def test_a_client_may_be_let_go_that_belongs_to_another_gateway(fleet: Fleet, polling: Polling) -> None:
    async with open_frames(fleet.wrong, f"&sid={polling.sid}") as client:
        await take_over(client)
        client.send('421["x"]')
        await client.message()
        (passage,) = fleet.forwarder.passages()
        passage.close()
        async with asyncio.timeout(5):
            assert await client.reader.read() == b""
        await eventually(fleet.is_over, what="the end of the pipe")
        assert fleet.forwarder.passages() == ()


async def test_pipes_end_with_the_gateway_that_holds_them(fleet: Fleet, polling: Polling) -> None:
    async with open_frames(fleet.wrong, f"&sid={polling.sid}") as client:
        await take_over(client)
        client.send('421["x"]')
        await client.message()
        await fleet.forwarder.close()
        async with asyncio.timeout(5):
            assert await client.reader.read() == b""
        await eventually(fleet.is_over, what="the end of the pipe")


async def _is(fact: bool) -> bool:
    return fact
