"""Engine.IO 4 as its protocol has it, over a websocket and by polling, frame by frame."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from notifications.domain.limits import CONNECT_TIMEOUT, PING_INTERVAL, PING_TIMEOUT, UPGRADE_TIMEOUT
from tests.support.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    PROOF,
    TEXT,
    UPGRADE,
    FrameClient,
    frame,
    open_frames,
)
from tests.support.raw import exchange, open_raw
from tests.support.transport import POLLING, SEPARATOR, WEBSOCKET, open_polling
from tests.support.waiting import eventually
from tests.unit.workloads.adapters.socketio.conftest import House

HANDSHAKE = {"upgrades": [], "pingTimeout": 60_000, "pingInterval": 25_000, "maxPayload": 16_384}


@pytest.fixture
async def client(url: str) -> AsyncIterator[FrameClient]:
    """A websocket after the handshake of Engine.IO."""
    async with open_frames(url) as client:
        assert (await client.message())[0] == "0"
        yield client


async def connect(client: FrameClient) -> None:
    client.send('40{"token":"alice"}')
    assert (await client.message()).startswith('40{"sid":"gateway-0~')


async def test_a_websocket_begins_with_its_handshake(url: str) -> None:
    async with open_frames(url) as client:
        assert client.head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
        assert f"\r\nSec-WebSocket-Accept: {PROOF}\r\n".encode() in client.head
        assert b"\r\nX-Said: as always\r\n" in client.head
        assert b"extensions" not in client.head.lower(), "nothing is compressed"
        handshake = json.loads((await client.message())[1:])
    assert handshake.pop("sid").startswith("gateway-0~")
    assert handshake == HANDSHAKE


async def test_polling_begins_with_a_handshake_that_offers_the_websocket(url: str) -> None:
    async with aiohttp.ClientSession() as client, client.get(url + POLLING) as answer:
        assert answer.headers["Content-Type"] == "text/plain; charset=UTF-8"
        handshake = json.loads((await answer.text())[1:])
    assert handshake.pop("sid").startswith("gateway-0~")
    assert handshake == {**HANDSHAKE, "upgrades": ["websocket"]}


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_without_room_a_handshake_is_refused_and_one_to_an_old_connection_is_not(
    house: House, url: str, transport: str
) -> None:
    async with open_polling(url) as polling:
        house.may_open = False
        async with open_frames(url, f"&transport={transport}") as client:
            assert client.head.startswith(b"HTTP/1.1 503 ")
            assert b"\r\nRetry-After: 1\r\n" in client.head
        async with polling.upgrade() as socket:
            await socket.send("40{}")
            assert (await socket.receive())[0].startswith("44")


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://app.example", 101), ("@URL", 101), ("https://evil.example", 400), ("null", 400)],
)
async def test_pages_of_other_origins_are_refused(url: str, origin: str, status: int) -> None:
    lines = UPGRADE.replace("Host: x", f"Host: {url.removeprefix('http://')}\r\nOrigin: {origin.replace('@URL', url)}")
    answer = await exchange(url, f"GET {WEBSOCKET} HTTP/1.1\r\n{lines}\r\n".encode())
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())


async def test_a_proxy_that_speaks_tls_tells_the_origin(url: str) -> None:
    proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "app.example.org", "Origin": "https://app.example.org"}
    async with aiohttp.ClientSession() as client:
        async with client.get(url + POLLING, headers=proxied) as answer:
            assert answer.status == 200
            assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.org"
            assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        async with client.get(url + POLLING, headers={**proxied, "X-Forwarded-Host": "other.example"}) as answer:
            assert answer.status == 400


async def test_a_ping_comes_in_its_time_and_a_pong_keeps_the_connection(house: House, client: FrameClient) -> None:
    await connect(client)
    for _ in range(5):
        house.let_pass(int(PING_INTERVAL) + 1)
        assert await client.message() == "2"
        house.let_pass(int(PING_TIMEOUT))
        client.send("3")
        client.send('421["x"]')
        assert await client.message() == '431[{"ok": true, "echo": []}]'


async def test_who_does_not_answer_a_ping_is_let_go(house: House, client: FrameClient) -> None:
    await connect(client)
    house.let_pass(int(PING_INTERVAL) + 1)
    house.let_pass(int(PING_TIMEOUT) + 1)
    assert [await client.message(), await client.message()] == ["2", "1"]
    assert await client.farewell() == 1000
    assert house.left == house.guests
    assert house.server.connections == 0


async def test_pongs_that_nobody_asked_for_put_off_no_ping(house: House, client: FrameClient) -> None:
    await connect(client)
    for _ in range(int(PING_INTERVAL) + 1):
        client.send("3")
        client.send('421["x"]')
        await client.message()
        house.let_pass(1)
    assert await client.message() == "2"


async def test_who_does_not_send_connect_is_let_go(house: House, client: FrameClient) -> None:
    house.let_pass(int(CONNECT_TIMEOUT))
    client.send("3")
    house.let_pass(1)
    assert await client.message() == "1"
    assert await client.farewell() == 1000
    assert (house.guests, house.server.connections) == ([], 0)


@pytest.mark.parametrize("farewell", [frame(TEXT, b"1"), frame(CLOSE, b"\x03\xe9away")], ids=["packet", "frame"])
async def test_a_client_that_says_farewell_is_let_go(house: House, client: FrameClient, farewell: bytes) -> None:
    await connect(client)
    client.write(farewell)
    assert await client.farewell() == (1001 if farewell[0] == 0x88 else 1000)
    assert house.left == house.guests


async def test_a_client_that_hangs_up_is_forgotten(house: House, url: str) -> None:
    async with open_frames(url) as client:
        await client.message()
        await connect(client)

    async def is_forgotten() -> bool:
        return house.server.connections == 0

    await eventually(is_forgotten, what="the end")
    assert house.left == house.guests


async def test_a_client_that_does_not_answer_our_farewell_is_cut_off(house: House, client: FrameClient) -> None:
    await connect(client)
    house.guest.socket.close()
    assert await client.message() == "1"
    assert (await client.read())[0] == CLOSE
    house.let_pass(5)
    await asyncio.sleep(0)
    assert not client.reader.at_eof()
    house.let_pass(2)
    assert await asyncio.wait_for(client.reader.read(), 5) == b""


async def test_pings_of_the_websocket_are_answered_also_amid_a_message(client: FrameClient) -> None:
    await connect(client)
    client.write(frame(TEXT, b'421["x",', fin=0) + frame(PING, b"hello") + frame(CONTINUATION, b"1]"))
    assert await client.read() == (PONG, b"hello")
    assert await client.message() == '431[{"ok": true, "echo": [1]}]'


BROKEN: dict[str, tuple[bytes, int]] = {
    "no mask": (frame(TEXT, b"3", mask=0), 1002),
    "reserved bits": (frame(TEXT, b"3", reserved=0x40), 1002),
    "no UTF-8": (frame(TEXT, b'42["\xff"]'), 1007),
    "too large": (frame(TEXT, b"4" * 16_385), 1009),
    "binary": (frame(BINARY, b"\x04"), 1003),
    "a ping in parts": (frame(PING, b"", fin=0), 1002),
    "a ping too long": (frame(PING, b"x" * 126), 1002),
    "a farewell of half a code": (frame(CLOSE, b"\x03"), 1002),
    "a farewell of a code that may not be": (frame(CLOSE, b"\x03\xed"), 1002),
    "a farewell that is no UTF-8": (frame(CLOSE, b"\x03\xe8\xff"), 1007),
    "no packet": (frame(TEXT, b""), 1002),
    "a packet of no type": (frame(TEXT, b"hello"), 1002),
    "a handshake of its own": (frame(TEXT, b"0{}"), 1002),
}


@pytest.mark.parametrize(("wire", "code"), BROKEN.values(), ids=BROKEN)
async def test_what_may_not_be_ends_the_connection_with_the_code_that_says_so(
    house: House, client: FrameClient, wire: bytes, code: int
) -> None:
    await connect(client)
    client.write(frame(TEXT, b'421["x"]') + wire + frame(TEXT, b'422["x"]'))
    assert await client.farewell() == code
    assert house.left == house.guests
    assert house.server.connections == 0


@pytest.mark.parametrize("packet", ["2", "2probe", "5", "6", "3 of another kind"])
async def test_packets_without_a_meaning_are_ignored(client: FrameClient, packet: str) -> None:
    await connect(client)
    client.send(packet)
    client.send('421["x"]')
    assert (await client.message()).startswith("431[")


async def test_frames_that_came_with_the_handshake_are_read(url: str) -> None:
    """No client may send them before it was answered, but what is between may join what it was sent."""
    async with open_raw(url) as (reader, writer):
        connect = frame(TEXT, b'40{"token":"alice"}')
        writer.write(f"GET {WEBSOCKET} HTTP/1.1\r\n{UPGRADE}\r\n".encode() + connect + connect[:9])
        client = FrameClient(reader, writer, await reader.readuntil(b"\r\n\r\n"))
        assert (await client.message())[0] == "0"
        assert (await client.message())[:2] == "40"
        client.write(connect[9:] + frame(TEXT, b'421["x"]'))
        assert "connected already" in await client.message()
        assert (await client.message())[:3] == "431"


async def test_a_poll_waits_for_a_packet_and_takes_all_there_are(house: House, url: str) -> None:
    async with open_polling(url) as polling:
        await polling.send('40{"token":"alice"}')
        assert (await polling.receive())[0].startswith("40{")
        poll = asyncio.create_task(polling.receive())
        await asyncio.wait([poll], timeout=0.02)
        assert not poll.done()
        for number in range(3):
            house.guest.socket.send("n", str(number))
        assert await poll == ['42["n",0]', '42["n",1]', '42["n",2]']


async def test_of_two_polls_the_later_gets_the_packets_and_the_earlier_nothing(house: House, url: str) -> None:
    async with open_polling(url) as polling:
        await polling.send('40{"token":"alice"}')
        await polling.receive()
        first = asyncio.create_task(polling.get())
        await asyncio.wait([first], timeout=0.02)
        second = asyncio.create_task(polling.get())
        assert await asyncio.wait_for(first, 5) == (200, "6")
        house.guest.socket.send("n", "1")
        assert await second == (200, '42["n",1]')


async def test_a_poll_whose_client_hung_up_takes_nothing_along(house: House, url: str) -> None:
    async with open_polling(url) as polling:
        await polling.send('40{"token":"alice"}')
        await polling.receive()
        gone = asyncio.create_task(polling.get())
        await asyncio.wait([gone], timeout=0.02)
        gone.cancel()
        await asyncio.wait([gone])
        await asyncio.sleep(0.02)
        house.guest.socket.send("n", "1")
        assert await polling.receive() == ['42["n",1]']


async def test_what_was_said_last_can_still_be_polled(house: House, url: str) -> None:
    async with open_polling(url) as polling:
        await polling.send('40{"token":"alice"}')
        await polling.receive()
        house.guest.socket.send("bye", "1")
        house.guest.socket.dismiss()
        assert (await polling.post('42["x"]'))[0] == 400
        assert await polling.receive() == ['42["bye",1]', "41", "1"]
        assert (await polling.get())[0] == 400


async def test_what_is_not_polled_after_the_end_is_forgotten(house: House, url: str) -> None:
    async with open_polling(url) as polling:
        await polling.send('40{"token":"alice"}')
        house.guest.socket.close()
        house.let_pass(7)
        assert (await polling.get())[0] == 400


async def test_a_post_is_answered_when_its_packets_are_served_in_order(house: House, url: str) -> None:
    async with open_polling(url) as polling:
        await polling.send('40{"token":"alice"}')
        house.gate.clear()
        post = asyncio.create_task(polling.post(SEPARATOR.join(f'42["n",{number}]' for number in range(10))))
        await asyncio.wait([post], timeout=0.02)
        assert not post.done()
        house.gate.set()
        assert await post == (200, "OK")
        assert house.guest.served == [("n", number) for number in range(10)]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(url: str, method: str) -> None:
    async with aiohttp.ClientSession() as client, client.request(method, url + POLLING) as answer:
        assert answer.status == 405


async def test_a_browser_is_told_before_that_a_page_may_poll(url: str) -> None:
    headers = {"Origin": "https://app.example", "Access-Control-Request-Headers": "x-a"}
    async with aiohttp.ClientSession() as client, client.options(url + POLLING, headers=headers) as answer:
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
        assert answer.headers["Access-Control-Allow-Methods"] == "OPTIONS, GET, POST"
        assert answer.headers["Access-Control-Allow-Headers"] == "x-a"


async def test_a_websocket_that_does_not_get_on_with_its_upgrade_is_cut_off(house: House, url: str) -> None:
    async with open_polling(url) as polling:
        await polling.send('40{"token":"alice"}')
        await polling.receive()
        for packets in ([], ["2probe"]):
            async with open_frames(url, f"&sid={polling.sid}") as client:
                for packet in packets:
                    client.send(packet)
                    assert await client.message() == "3probe"
                house.let_pass(int(UPGRADE_TIMEOUT) + 1)
                assert await asyncio.wait_for(client.reader.read(), 5) == b""
            house.guest.socket.send("n", "1")
            assert await polling.receive() == ['42["n",1]']


async def test_before_it_takes_over_a_websocket_is_sent_nothing_that_polling_should_bring(
    house: House, url: str
) -> None:
    async with open_polling(url) as polling, open_frames(url, f"&sid={polling.sid}") as client:
        await polling.send('40{"token":"alice"}')
        await polling.receive()
        for packet in ("", "2probe"):
            house.guest.socket.send("n", "1")
            client.write((frame(TEXT, packet.encode()) if packet else b"") + frame(PING, b"x"))
            assert not packet or await client.message() == "3probe"
            assert await client.read() == (PONG, b"x")
            assert await polling.receive() == ['42["n",1]']


async def test_a_connection_that_ends_amid_an_upgrade_is_not_taken_over(house: House, url: str) -> None:
    async with open_polling(url) as polling, open_frames(url, f"&sid={polling.sid}") as client:
        await polling.send('40{"token":"alice"}')
        await polling.receive()
        client.send("2probe")
        assert await client.message() == "3probe"
        house.guest.socket.close()
        client.send("5")
        assert await client.farewell() == 1002
        assert await polling.receive() == ["1"]
