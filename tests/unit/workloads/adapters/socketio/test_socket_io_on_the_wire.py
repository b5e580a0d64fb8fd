"""Socket.IO 5 as its protocol has it, on a websocket, frame by frame."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from tests.support.frames import TEXT, FrameClient, frame, open_frames
from tests.support.transport import open_polling
from tests.unit.workloads.adapters.socketio.conftest import House


@pytest.fixture
async def stranger(url: str) -> AsyncIterator[FrameClient]:
    """A websocket before its CONNECT."""
    async with open_frames(url) as client:
        await client.message()
        yield client


@pytest.fixture
async def client(stranger: FrameClient) -> FrameClient:
    """A websocket that was let in."""
    stranger.send('40{"token":"alice"}')
    await stranger.message()
    return stranger


async def test_connect_is_answered_by_the_id_of_the_socket(house: House, stranger: FrameClient) -> None:
    stranger.send('40{"token":"alice"}')
    answer = await stranger.message()
    assert answer == f'40{{"sid":"{house.guest.socket.id}","pid":"private-alice"}}'
    assert house.guest.socket.id != house.guest.socket.session
    assert house.guest.principal.owner.user == "alice"


async def test_a_refused_connect_may_be_tried_again(house: House, stranger: FrameClient) -> None:
    stranger.send("40")
    refusal = {"message": "no token", "data": {"code": "UNAUTHENTICATED", "message": "no token"}}
    assert json.loads((await stranger.message()).removeprefix("44")) == refusal
    stranger.send('40/,{"token":"bob"}')
    assert (await stranger.message()).startswith("40{")


async def test_another_namespace_is_refused_by_its_name(house: House, client: FrameClient) -> None:
    client.send('40/other,{"token":"alice"}')
    assert (await client.message()).startswith('44/other,{"message": "Invalid namespace"')


async def test_an_event_is_answered_under_its_number_or_not_at_all(house: House, client: FrameClient) -> None:
    client.send('42["silent",{"a":["é",1]}]')
    client.send('4212["echo",{"a":["é",1]}]')
    assert await client.message() == '4312[{"ok": true, "echo": [{"a": ["é", 1]}]}]'
    assert [name for name, *_ in house.guest.served] == ["silent", "echo"]


async def test_a_refused_event_is_answered_or_complained_of(client: FrameClient) -> None:
    client.send('427["refuse"]')
    failure = {"code": "INVALID", "message": "as you wish"}
    assert json.loads((await client.message()).removeprefix("437")) == [{"ok": False, "error": failure}]
    client.send('42["refuse"]')
    assert json.loads((await client.message())[2:]) == ["error", {**failure, "event": "refuse"}]


async def test_events_are_served_in_their_order_one_after_the_other(house: House, client: FrameClient) -> None:
    house.gate.clear()
    client.write(b"".join(frame(TEXT, f'42{n}["n",{n}]'.encode()) for n in range(300)))
    await asyncio.sleep(0.02)
    house.gate.set()
    answers = [await client.message() for _ in range(300)]
    assert [answer.partition("[")[0] for answer in answers] == [f"43{n}" for n in range(300)]
    assert house.guest.served == [("n", n) for n in range(300)]


async def test_disconnect_ends_the_connection(house: House, client: FrameClient) -> None:
    client.send("41")
    assert await client.message() == "1"
    assert await client.farewell() == 1000
    assert house.left == house.guests


async def test_who_is_dismissed_is_told_not_to_come_back(house: House, client: FrameClient) -> None:
    house.guest.socket.send("error", '{"code":"REVOKED"}')
    house.guest.socket.dismiss()
    assert not house.guest.socket.send("after", "1")
    assert [await client.message() for _ in range(3)] == ['42["error",{"code":"REVOKED"}]', "41", "1"]
    assert await client.farewell() == 1000


async def test_the_cursor_stands_last(house: House, client: FrameClient) -> None:
    house.guest.socket.send("notification", '{"content":"Zoë 🎺"}', "abc")
    house.guest.socket.send("notification", '{"content":"Zoë 🎺"}')
    assert await client.message() == '42["notification",{"content":"Zoë 🎺"},"abc"]'
    assert await client.message() == '42["notification",{"content":"Zoë 🎺"}]'


@pytest.mark.parametrize("packet", ['451-["x",{"_placeholder":true,"num":0}]', "42[]", "47", "431[]", '42/o,["x"]'])
async def test_mistakes_are_told_and_three_end_the_connection(house: House, client: FrameClient, packet: str) -> None:
    for _ in range(3):
        client.send(packet)
        assert json.loads((await client.message())[2:])[1]["code"] == "INVALID"
    assert await client.message() == "1"
    assert await client.farewell() == 1000


async def test_events_before_connect_are_mistakes(house: House, stranger: FrameClient) -> None:
    for _ in range(3):
        stranger.send('42["x"]')
    assert await stranger.message() == "1"


@pytest.mark.parametrize("polls", [True, False], ids=["while a poll waits", "between polls"])
async def test_an_upgrade_loses_and_reorders_nothing(house: House, url: str, polls: bool) -> None:
    """Events are sent before, between and after all steps of the upgrade, as the stock client takes them."""
    async with open_polling(url) as polling:
        await polling.send('40{"token":"alice"}')
        assert (await polling.receive())[0].startswith("40")
        sent, seen = 0, list[str]()

        def send(count: int = 2) -> None:
            nonlocal sent
            for _ in range(count):
                assert house.guest.socket.send("n", str(sent))
                sent += 1

        async with open_frames(url, f"&sid={polling.sid}") as client:
            waiting = asyncio.create_task(polling.receive()) if polls else None
            await asyncio.sleep(0.02)
            send()
            seen += await waiting if waiting else []
            waiting = asyncio.create_task(polling.receive()) if polls else None
            await asyncio.sleep(0.02)
            client.send("2probe")
            assert await client.message() == "3probe"
            seen += await waiting if waiting else []
            send()
            seen += await polling.receive()  # a poll that was on its way when the probe was answered
            send()
            client.send("5")
            send()
            while len([packet for packet in seen if packet != "6"]) < sent:
                seen.append(await client.message())
            send()
            seen += [await client.message(), await client.message()]
            assert (await polling.get())[0] == 400
            assert (await polling.post('42["x"]'))[0] == 400
            client.send('421["x"]')
            assert (await client.message()).startswith("431[")
    assert [packet for packet in seen if packet != "6"] == [f'42["n",{number}]' for number in range(sent)]


async def test_of_two_websockets_that_would_take_over_the_last_that_probed_does(house: House, url: str) -> None:
    async with open_polling(url) as polling:
        await polling.send('40{"token":"alice"}')
        query = f"&sid={polling.sid}"
        async with open_frames(url, query) as first, open_frames(url, query) as second:
            for client in (first, second):
                client.send("2probe")
                assert await client.message() == "3probe"
            first.send("5")
            assert await first.farewell() == 1002
            second.send("5")
            assert (await second.message()).startswith("40{")
            assert house.server.connections == 1
