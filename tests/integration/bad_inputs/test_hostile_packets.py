"""Hostile Socket.IO packets on a websocket harm nobody but their sender."""

import asyncio
import json

import pytest

from tests.integration.bad_inputs.offender import Offender, count_refusals, settle
from tests.support.frames import frame

pytestmark = pytest.mark.asyncio(loop_scope="package")

PACKETS: dict[str, str | bytes] = {
    "an empty message": "4",
    "an event without data": "42",
    "an empty event": "42[]",
    "an event of a number": "42[1]",
    "an event of null": "42null",
    "an event of an object": '42{"0":"x"}',
    "an event of a string": '42"x"',
    "an event cut short": '42["x"',
    "an event and more": '42["x"]]',
    "an unknown event": '42["no:such:event",{}]',
    "an event of the prototype": '42["__proto__",{}]',
    "an event of 15 kB": '42["' + "x" * 15_000 + '"]',
    "a reserved event": '42["connect"]',
    "an event of 16 kB of arguments": '42["client:ping"' + ",1" * 8_000 + "]",
    "a deep event": '42["x",' + "[" * 9 + "]" * 9 + "]",
    "a very deep event": '42["x",' + "[" * 8_000,
    "a very deep event of objects": '42["x",' + '{"a":' * 3_000,
    "a deep event behind a quote in the namespace": '42/",' + "[" * 900 + "]" * 900,
    "a deep event behind brackets in the namespace": "42/" + "]" * 5_000 + "," + "[" * 5_000,
    "escaped quotes without end": '42["' + '\\"' * 8_000,
    "NUL": '42["client:ping","\\u0000"]',
    "a raw NUL": '42["client:ping","\0"]',
    "a lone surrogate": '42["client:ping","\\ud800"]',
    "a lone surrogate as a name": '42["\\udfff"]',
    "NaN": '42["client:ping",NaN]',
    "Infinity": '42["client:ping",-Infinity]',
    "1e999": '42["client:ping",1e999]',
    "a number of 5,000 digits": f'42["client:ping",{"9" * 5_000}]',
    "an acknowledgement id of 100 digits": "42" + "9" * 100 + '["client:ping"]',
    "an acknowledgement id of 101 digits": "42" + "9" * 101 + '["client:ping"]',
    "an acknowledgement id of 5,000 digits": "42" + "9" * 5_000 + '["client:ping"]',
    "an acknowledgement id in other digits": '42٣["client:ping"]',
    "an acknowledgement id in raised digits": '42²["client:ping"]',
    "a negative acknowledgement id": '42-1["client:ping"]',
    "an acknowledgement of nothing": "431[]",
    "an acknowledgement of a million": "431000000[]",
    "a refusal of its own": '44{"message":"no"}',
    "a binary event": '451-["x",{"_placeholder":true,"num":0}]',
    "a binary event without attachments": '450-["x"]',
    "a binary event of ten billion": '459999999999-["x"]',
    "a binary acknowledgement": "461-1[]",
    "an event that counts attachments": '421-["x"]',
    "an event with placeholders": '42["client:ping",{"_placeholder":true,"num":7}]',
    "bytes": b'\x04["x"]',
    "no bytes": b"",
    "bytes of a packet": b'42["client:ping"]',
    "binary in base64": "bAQID",
    "type 7": "47",
    "type 9 of Engine.IO": "9",
    "a handshake of its own": '0{"sid":"x"}',
    "an upgrade": "5",
    "nothing to do": "6",
    "a ping": "2",
    "a probe": "2probe",
    "a pong of 16 kB": "3" + "x" * 16_000,
    "letters": "hello",
    "nothing": "",
    "a line break": "\n",
    "CONNECT again": '40{"token":"x"}',
    "CONNECT to another namespace": '40/other,{"token":"x"}',
    "CONNECT to a namespace of 10 kB": "40/" + "x" * 10_000,
    "CONNECT to a namespace of brackets": "40/[[[[[[[[[[[[,{}",
    "an event of another namespace": '42/other,["client:ping"]',
    "a farewell to another namespace": "41/other,",
    "a farewell with data": '41{"a":1}',
    "16 kB": "4" + "x" * 16_383,
    "17 kB": "4" + "x" * 17_000,
    "a megabyte": "4" + "x" * 1_000_000,
    "four-byte letters, 17 kB": "4" + "🎺" * 4_300,
    "reading what is none": '42["notification:read","x"]',
    "reading an object": '42["notification:read",{"a":1}]',
    "reading 10,000": '42["notification:read",[' + ",".join(["1"] * 7_000) + "]]",
    "reading a UUID of the year 10889": '42["notification:read","ffffffff-ffff-7fff-bfff-ffffffffffff"]',
    "another token that is a number": '42["auth:refresh",{"token":7}]',
    "another token of 15 kB": '42["auth:refresh",{"token":"' + "x" * 15_000 + '"}]',
    "another token that is none": '42["auth:refresh",{"token":"eyJhbGciOiJub25lIn0.e30."}]',
    "another token twice": '42["auth:refresh",{"token":"x"},{"token":"x"}]',
    "a sync of nothing": '42["notifications:sync"]',
    "a sync from before time": '42["notifications:sync",{"since":"0001-01-01T00:00:00+14:00"}]',
    "a sync from after time": '42["notifications:sync",{"since":"9999-12-31T23:59:59-14:00"}]',
    "a sync of a limit of 10^300": '42["notifications:sync",{"since":"2026-01-01T00:00:00Z","limit":1e300}]',
}


@pytest.mark.parametrize("packet", PACKETS.values(), ids=PACKETS)
async def test_a_hostile_packet_of_a_member_harms_nobody_else(offender: Offender, packet: str | bytes) -> None:
    async with offender.member() as device:
        await device.transport.send(packet)
        await settle(device)


@pytest.mark.parametrize("packet", PACKETS.values(), ids=PACKETS)
async def test_a_hostile_packet_before_connect_harms_nobody_else(offender: Offender, packet: str | bytes) -> None:
    async with offender.stranger() as device:
        await device.transport.send(packet)
        await settle(device)
        assert not [event for event in device.events if event[0] != "error"]


AUTH: dict[str, str] = {
    "nothing": "40",
    "null": "40null",
    "a list": '40["token"]',
    "a string": '40"token"',
    "a number": "40/,7",
    "an empty object": "40{}",
    "a token that is a number": '40{"token":1}',
    "a token that is a list": '40{"token":["x"]}',
    "a token that is an object": '40{"token":{"a":1}}',
    "a token of 15 kB": '40{"token":"' + "x" * 15_000 + '"}',
    "a token of dots": '40{"token":"' + "." * 1_000 + '"}',
    "a token without signature": '40{"token":"eyJhbGciOiJub25lIn0.e30."}',
    "a token of deep JSON": '40{"token":"' + "W1tb" * 2_000 + '.e30.x"}',
    "a token twice": '40{"token":"a","token":"b"}',
    "a token in the namespace": "40/?token=x,",
}
UNREADABLE: dict[str, str] = {
    "cut short": '40{"token":"x"',
    "a token with NUL": '40{"token":"\\u0000"}',
    "a token of surrogates": '40{"token":"\\ud800"}',
    "deep": '40{"token":' + "[" * 20 + "]" * 20 + "}",
    "NaN": '40{"token":NaN}',
}


@pytest.mark.parametrize("packet", AUTH.values(), ids=AUTH)
async def test_a_connect_without_a_good_token_is_refused(offender: Offender, packet: str) -> None:
    async with offender.stranger() as device:
        await device.transport.send(packet)
        assert (await device.refusal())["data"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("packet", UNREADABLE.values(), ids=UNREADABLE)
async def test_a_connect_that_cannot_be_read_lets_nobody_in(offender: Offender, packet: str) -> None:
    async with offender.stranger() as device:
        await device.transport.send(packet)
        await settle(device)
        assert device.events == []


@pytest.mark.parametrize("cursor", [1, None, [], {}, "", "x" * 5_000, "AQ" + "_" * 42, "é"], ids=repr)
async def test_an_odd_cursor_is_refused_or_answered_by_a_resync(offender: Offender, cursor: object) -> None:
    async with offender.stranger() as device:
        await device.connect(offender.token(), cursor=cursor)
        await device.until(lambda: bool(device.events) or count_refusals(device) == 1, "an answer")


ODD_INTRODUCTIONS: dict[str, dict[str, object]] = {
    "a client id that is a number": {"clientId": 1},
    "an empty client id": {"clientId": ""},
    "a client id of 15 kB": {"clientId": "x" * 13_000},
    "a device that is a list": {"device": ["x"]},
    "a device of 500 fields": {"device": {str(number): "x" for number in range(500)}},
    "a device in a device": {"device": {"type": {"type": "phone"}}},
    "a device of 13 kB": {"device": {"type": "x" * 13_000}},
    "a device with a long name": {"device": {"x" * 13_000: "type"}},
    "a device of the prototype": {"device": {"__proto__": {}}},
}


@pytest.mark.parametrize("said", ODD_INTRODUCTIONS.values(), ids=ODD_INTRODUCTIONS)
async def test_who_introduces_itself_oddly_is_refused(offender: Offender, said: dict[str, object]) -> None:
    async with offender.stranger() as device:
        await device.connect(offender.token(), **said)
        assert (await device.refusal())["data"]["code"] in {"INVALID", "TOO_LARGE"}
        assert not device.events


async def test_three_mistakes_of_protocol_end_a_connection(offender: Offender) -> None:
    async with offender.member() as device:
        for _ in range(3):
            await device.transport.send('451-["x"]')
        await asyncio.wait_for(device.closed.wait(), 5)


async def test_a_thousand_unknown_events_are_answered_one_by_one(offender: Offender) -> None:
    async with offender.member() as device:
        for number in range(1_000):
            await device.emit("no:such:event", number)
        await device.until(lambda: sum(event[0] == "error" for event in device.events) == 1_000, "a thousand errors")
        codes = [event[1]["code"] for event in device.events if event[0] == "error"]
        # Of two gateways each has half of the hundred to give away at once, until it is known who holds the user
        assert set(codes[:50]) == {"INVALID"}
        assert set(codes) == {"INVALID", "RATE_LIMIT"}
        assert codes.count("INVALID") <= 110


@pytest.mark.parametrize("packet", ["2", "3", "5", "6"])
async def test_a_flood_of_engine_packets_harms_nobody_else(offender: Offender, packet: str) -> None:
    async with offender.member() as device:
        for _ in range(2_000):
            await device.transport.send(packet)
        await settle(device)


async def test_one_who_asks_much_and_reads_nothing_harms_nobody_else(offender: Offender) -> None:
    async with offender.frames() as (_, writer):
        writer.write(frame(1, b'40{"token":"%b"}' % offender.token().encode()))
        question = frame(1, b'421["notifications:sync",{"since":"0001-01-01T00:00:00Z"}]')
        for _ in range(20):
            writer.write(question * 100)
            try:
                async with asyncio.timeout(0.1):
                    await writer.drain()
            except TimeoutError:
                break


FRAMES: dict[str, bytes] = {
    "without a mask": frame(1, b"3", mask=0),
    "of opcode 3": frame(3, b"x"),
    "of opcode 11": frame(11, b"x"),
    "with reserved bits": frame(1, b"3", reserved=0x30),
    "compressed, though nobody agreed": frame(1, b"\x32\x04\x00", reserved=0x40),
    "that continues nothing": frame(0, b"x"),
    "that begins anew before the end": frame(1, b"4", fin=0) + frame(1, b"3"),
    "that never ends": frame(1, b"4", fin=0) + frame(0, b"x", fin=0) * 500,
    "that grows beyond the limit in parts": frame(1, b"4", fin=0) + frame(0, b"x" * 1_000, fin=0) * 20,
    "in parts of nothing": frame(1, b"", fin=0) + frame(0, b"", fin=0) * 5_000,
    "of text that is no UTF-8": frame(1, b'42["\xff"]'),
    "of a surrogate in UTF-8": frame(1, b'42["\xed\xa0\x80"]'),
    "that says it is 2^62 bytes long": b"\x81\xff" + (2**62).to_bytes(8, "big") + bytes(4) + b"4",
    "that says it is 2^63 bytes long": b"\x81\xff" + (2**63).to_bytes(8, "big") + bytes(4) + b"4",
    "of a length told in too many bytes": b"\x81\xfe\x00\x01" + bytes(4) + b"3",
    "of half a head": b"\x81",
    "of half a body": frame(1, b'42["client:ping"]')[:-5],
    "of random bytes": bytes(range(256)) * 4,
    "of HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a ping of 126 bytes": frame(9, b"x" * 126),
    "a ping in parts": frame(9, b"x", fin=0),
    "a flood of pings": frame(9, b"x" * 125) * 2_000,
    "a flood of pongs": frame(10, b"x" * 125) * 2_000,
    "a farewell of one byte": frame(8, b"\x03"),
    "a farewell of code 999": frame(8, (999).to_bytes(2, "big")),
    "a farewell of code 1005": frame(8, (1005).to_bytes(2, "big")),
    "a farewell that is no UTF-8": frame(8, (1000).to_bytes(2, "big") + b"\xff"),
    "a farewell twice": frame(8, b"") * 2,
    "a farewell and more": frame(8, b"") + frame(1, b'42["x"]') * 100,
    "a megabyte": frame(1, b"4" + b"x" * 1_000_000),
}


@pytest.mark.parametrize("connected", [False, True], ids=["before CONNECT", "after CONNECT"])
@pytest.mark.parametrize("frames", FRAMES.values(), ids=FRAMES)
async def test_hostile_frames_harm_nobody_else(offender: Offender, frames: bytes, connected: bool) -> None:
    async with offender.frames() as (reader, writer):
        if connected:
            writer.write(frame(1, b"40" + json.dumps({"token": offender.token()}).encode()))
            assert b"40" in await reader.read(4096)
        writer.write(frames)
        try:
            async with asyncio.timeout(0.05):  # what is not finished is not answered
                await writer.drain()
                while await reader.read(65536):
                    pass
        except (TimeoutError, ConnectionError):
            pass
