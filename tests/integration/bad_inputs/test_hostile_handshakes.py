"""Hostile addresses, upgrades and polls of Engine.IO harm nobody but their sender."""

import asyncio

import aiohttp
import pytest

from tests.integration.bad_inputs.conftest import GATEWAY, Scene
from tests.integration.bad_inputs.offender import HUNG_UP, KEY, UPGRADE, Offender, settle
from tests.support.device import receiving
from tests.support.raw import open_raw
from tests.support.transport import POLLING, SEPARATOR, WEBSOCKET, Polling

pytestmark = pytest.mark.asyncio(loop_scope="package")

SOCKETS = "/socket.io/"


def get(query: str, headers: bytes = b"") -> bytes:
    return f"GET {SOCKETS}{query} HTTP/1.1\r\nHost: x\r\n".encode() + headers + b"\r\n"


def post(query: str, body: bytes = b"3") -> bytes:
    return f"POST {SOCKETS}{query} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


OPEN = "?EIO=4&transport=websocket"
HANDSHAKES: dict[str, tuple[bytes, set[int]]] = {
    "an unknown transport": (get("?EIO=4&transport=foo"), {400}),
    "a transport of the past": (get("?EIO=4&transport=flashsocket"), {400}),
    "a transport of NUL": (get("?EIO=4&transport=%00"), {400}),
    "version 3": (get("?EIO=3&transport=polling"), {400}),
    "version 4 and 3": (get("?EIO=4&EIO=3&transport=polling"), {400}),
    "no version": (get("?transport=polling"), {400}),
    "no query at all": (get(""), {400}),
    "a version of another digit": (get("?EIO=%D9%A4&transport=polling"), {400}),
    "JSONP": (get("?EIO=4&transport=polling&j=0"), {400}),
    "JSONP with a function": (get("?EIO=4&transport=polling&j=alert(1)"), {400}),
    "JSONP in disguise": (get("?EIO=4&transport=polling&x=%26j%3D0&%6A=0"), {400}),
    "an unknown sid": (get("?EIO=4&transport=polling&sid=absent"), {400}),
    "a sid of this gateway that is not": (get(f"?EIO=4&transport=polling&sid={GATEWAY}~absent"), {400}),
    "a sid of NUL": (get("?EIO=4&transport=polling&sid=%00"), {400}),
    "a sid of surrogates": (get("?EIO=4&transport=polling&sid=%ED%A0%80"), {400}),
    "a sid of a path": (get("?EIO=4&transport=polling&sid=../../x~y"), {400}),
    "a sid of an address": (get("?EIO=4&transport=polling&sid=127.0.0.1:22~x"), {400}),
    "a sid of line breaks": (get("?EIO=4&transport=polling&sid=x%0d%0aX:%20y~"), {400}),
    "a sid of 7 kB": (get("?EIO=4&transport=polling&sid=" + "x" * 7_000), {400}),
    "a sid of marks": (get("?EIO=4&transport=polling&sid=~~~~"), {400}),
    "a sid that is an object": (get("?EIO=4&transport=polling&sid[]=a&sid[b]=c&EIO[]=4"), {200, 400}),
    "two sids": (get("?EIO=4&transport=polling&sid=a&sid=b"), {400}),
    "a sid of the prototype": (get("?EIO=4&transport=polling&sid=__proto__"), {400}),
    "a POST without sid": (post("?EIO=4&transport=polling"), {400}),
    "a POST to nobody": (post("?EIO=4&transport=polling&sid=absent"), {400}),
    "a POST to nobody over websocket": (post("?EIO=4&transport=websocket&sid=absent"), {400}),
    "PUT": (get("?EIO=4&transport=polling").replace(b"GET", b"PUT"), {400, 405}),
    "DELETE": (get("?EIO=4&transport=polling").replace(b"GET", b"DELETE"), {400, 405}),
    "HEAD": (get("?EIO=4&transport=polling").replace(b"GET", b"HEAD"), {200, 400, 405}),
    "OPTIONS": (get("?EIO=4&transport=polling").replace(b"GET", b"OPTIONS"), {200, 400, 405}),
    "a foreign origin": (get("?EIO=4&transport=polling", b"Origin: https://evil.example\r\n"), {200, 400}),
    "an origin of null": (get(OPEN, b"Origin: null\r\n" + UPGRADE + KEY), {101, 400}),
    "an origin of bytes": (get(OPEN, b"Origin: \xff\r\n" + UPGRADE + KEY), {101, 400}),
    "a websocket without an upgrade": (get(OPEN), {400}),
    "an upgrade without its connection header": (get(OPEN, b"Upgrade: websocket\r\n" + KEY), {400}),
    "an upgrade without its connection header while polling": (
        get("?EIO=4&transport=polling", b"Upgrade: websocket\r\n"),
        {400},
    ),
    "an upgrade to something else": (get(OPEN, UPGRADE.replace(b"websocket", b"h2c") + KEY), {400}),
    "an upgrade to two things": (get(OPEN, UPGRADE.replace(b"websocket", b"websocket, h2c") + KEY), {400}),
    "an upgrade without a key": (get(OPEN, UPGRADE), {400}),
    "an upgrade with a short key": (get(OPEN, UPGRADE + b"Sec-WebSocket-Key: eA==\r\n"), {400}),
    "an upgrade with a key that is none": (get(OPEN, UPGRADE + b"Sec-WebSocket-Key: ***\r\n"), {400}),
    "an upgrade with two keys": (get(OPEN, UPGRADE + KEY + KEY), {101, 400}),
    "an upgrade of version 12": (get(OPEN, UPGRADE.replace(b"13", b"12") + KEY), {400}),
    "an upgrade of no version": (get(OPEN, UPGRADE.replace(b"13", b"") + KEY), {400}),
    "an upgrade of version x": (get(OPEN, UPGRADE.replace(b"13", b"x") + KEY), {400}),
    "an upgrade to nobody": (get(OPEN + "&sid=absent", UPGRADE + KEY), {400}),
    "an upgrade by POST": (get(OPEN, UPGRADE + KEY).replace(b"GET", b"POST"), {400}),
    "an upgrade of REST": (get(OPEN, UPGRADE + KEY).replace(b"/socket.io/", b"/api/notifications"), {401}),
    "an upgrade of the page": (get("", UPGRADE + KEY).replace(b"/socket.io/", b"/"), {200, 400}),
    "an upgrade in HTTP/1.0": (get(OPEN, UPGRADE + KEY).replace(b"HTTP/1.1", b"HTTP/1.0"), {101, 400, HUNG_UP}),
    "an unknown subprotocol": (get(OPEN, UPGRADE + KEY + b"Sec-WebSocket-Protocol: a, b\r\n"), {101, 400}),
    "an extension nobody knows": (
        get(OPEN, UPGRADE + KEY + b"Sec-WebSocket-Extensions: x; y=\x22z\x22\r\n"),
        {101, 400},
    ),
    "a compression that is impossible": (
        get(OPEN, UPGRADE + KEY + b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99\r\n"),
        {101, 400},
    ),
}


@pytest.mark.parametrize(("request_", "expected"), HANDSHAKES.values(), ids=HANDSHAKES)
async def test_a_hostile_handshake_is_refused(offender: Offender, request_: bytes, expected: set[int]) -> None:
    assert await offender.send(request_) in expected


HARMLESS: dict[str, str] = {
    "sixteen packets of almost a kilobyte": SEPARATOR.join(["4" + "x" * 1_020] * 16),
    "a farewell with a length as in version 3": '13:42["x",1]',
    "an event of escaped quotes without end": '42"' + '\\"' * 8_000,
    "an event of the largest number": "42" + "9" * 16_000,
}
BODIES: dict[str, str | bytes] = {
    "nothing": b"",
    "bytes": b"\x04\xff\x00",
    "bytes that are no UTF-8": b'42["\xff"]',
    "binary in base64": "bAQID",
    "a handshake of its own": "0{}",
    "a ping": "2probe",
    "an upgrade": "5",
    "nothing to do": "6",
    "type 7": "7x",
    "no type": "hello",
    "a form": "d=42%5B%5D",
    "a length as in version 3": '9:42["x",1]',
    "seventeen packets": SEPARATOR.join("3" * 17),
    "separators": SEPARATOR * 5,
    "a packet of 17 kB": "4" + "x" * 17_000,
    "300 kB": b"4" * 300_000,
    "1,000 levels": "4" + "[" * 1_000,
    "1,000 levels of an event": '42["x",' + "[" * 1_000,
    "packets of 17 kB together": SEPARATOR.join(["4" + "x" * 8_000] * 3),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_a_hostile_body_of_a_poll_is_refused(offender: Offender, body: str | bytes) -> None:
    async with offender.poller() as polling:
        assert await offender.post(polling, body) in {400, 413}


@pytest.mark.parametrize("body", HARMLESS.values(), ids=HARMLESS)
async def test_a_body_of_nonsense_is_taken_and_leads_nowhere(offender: Offender, body: str) -> None:
    async with offender.poller() as polling:
        assert await offender.post(polling, body) == 200


async def test_a_poll_after_the_end_is_refused(offender: Offender) -> None:
    async with offender.poller() as polling:
        assert await offender.post(polling, "1") == 200
        assert await offender.post(polling, "3") == 400
        assert offender.note((await polling.get())[0]) == 400
        assert await offender.post(polling, "3") == 400


async def test_an_end_and_more_in_one_body_is_the_end(offender: Offender) -> None:
    async with offender.poller() as polling:
        assert await offender.post(polling, SEPARATOR.join(["1", "40{}", '42["x"]', "3", "1"])) == 200
        assert offender.note((await polling.get())[0]) == 400


async def test_two_polls_at_once_hold_up_nobody(offender: Offender) -> None:
    async with offender.poller() as polling:
        polls = [asyncio.create_task(polling.get()) for _ in range(5)]
        await offender.post(polling, f'40{{"token":"{offender.token()}"}}')
        await asyncio.wait(polls, timeout=1, return_when=asyncio.FIRST_COMPLETED)
        for poll in polls:
            poll.cancel()
        for result in await asyncio.gather(*polls, return_exceptions=True):
            if isinstance(result, tuple):
                offender.note(result[0])
        assert await offender.post(polling, "1") == 200


async def test_a_poll_that_is_abandoned_is_forgotten(offender: Offender) -> None:
    async with offender.poller() as polling, open_raw(offender.url) as (_, writer):
        writer.write(f"GET {POLLING}&sid={polling.sid} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await writer.drain()
        assert await offender.post(polling, "3") == 200


async def test_half_an_upgrade_leaves_polling_as_it_was(offender: Offender) -> None:
    """The websocket is opened for the upgrade and lost before the probe."""
    async with offender.poller() as polling:
        async with aiohttp.ClientSession() as client, client.ws_connect(upgrade_of(polling)):
            pass
        async with receiving(polling) as device:
            await device.connect(offender.token())
            await device.expect("connected")
            assert (await device.call("client:ping"))["ok"]


@pytest.mark.parametrize("first", ["2", "2prob", "5", "3probe", "4", '40{"token":"x"}', "x", "", b"2probe"], ids=repr)
async def test_an_upgrade_without_its_probe_is_none(offender: Offender, first: str | bytes) -> None:
    async with offender.poller() as polling:
        await hang_up(polling, first)
        if first != "5":
            await hang_up(polling, "2probe", first)
        async with receiving(polling) as device:
            await device.connect(offender.token())
            await device.expect("connected")


async def test_an_upgrade_twice_is_refused(offender: Offender) -> None:
    async with offender.poller() as polling, polling.upgrade() as websocket, receiving(websocket) as device:
        await device.connect(offender.token())
        await device.expect("connected")
        async with aiohttp.ClientSession() as client:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
                await client.ws_connect(upgrade_of(polling))
        assert offender.note(refusal.value.status) == 400
        assert offender.note((await polling.get())[0]) == 400
        assert (await device.call("client:ping"))["ok"]


async def test_two_upgrades_at_once_end_nobody_else(offender: Offender) -> None:
    async with offender.poller() as polling, aiohttp.ClientSession() as client:
        sockets = [await client.ws_connect(upgrade_of(polling)) for _ in range(3)]
        for packet in ("2probe", "5", "3"):
            for socket in sockets:
                if not socket.closed:
                    await socket.send_str(packet)
        for socket in sockets:
            await socket.close()


async def test_a_websocket_on_a_sid_that_was_a_websocket_is_refused(offender: Offender) -> None:
    async with offender.member() as device:
        sid = device.events[0][1]["sessionId"]
        async with aiohttp.ClientSession() as client:
            polling = Polling(client, offender.url)
            polling.sid = sid
            assert offender.note((await polling.get())[0]) == 400
            assert await offender.post(polling, "1") == 400
            with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
                await client.ws_connect(upgrade_of(polling))
        assert offender.note(refusal.value.status) == 400
        await settle(device)
        assert not device.closed.is_set()


async def test_a_gateway_that_died_is_not_waited_for(scene: Scene, offender: Offender) -> None:
    await scene.stack.start("gateway-1")
    async with aiohttp.ClientSession() as client:
        orphan = Polling(client, scene.stack.internal_url("gateway-1"))
        await orphan.open()
        await scene.stack.kill("gateway-1")
        orphan.url = offender.url
        async with asyncio.timeout(5):
            assert offender.note((await orphan.get())[0]) == 400
            assert await offender.post(orphan, "3") == 400
            with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
                await client.ws_connect(upgrade_of(orphan))
        assert offender.note(refusal.value.status) == 400


async def test_two_hundred_handshakes_without_connect_hold_up_nobody(offender: Offender) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
        sockets = [await client.ws_connect(offender.url + WEBSOCKET) for _ in range(100)]
        for _ in range(100):
            assert offender.note((await Polling(client, offender.url).get())[0]) == 200
        for socket in sockets:
            await socket.close()


def upgrade_of(polling: Polling) -> str:
    return f"{polling.url}{WEBSOCKET}&sid={polling.sid}"


async def hang_up(polling: Polling, *packets: str | bytes) -> None:
    """Open a websocket for the upgrade, send packets and wait for the gateway to hang up."""
    async with aiohttp.ClientSession() as client, client.ws_connect(upgrade_of(polling)) as socket:
        for packet in packets:
            await (socket.send_bytes(packet) if isinstance(packet, bytes) else socket.send_str(packet))
        if packets[-1] == "2":
            await socket.close()
        async with asyncio.timeout(5):
            async for _ in socket:
                pass
