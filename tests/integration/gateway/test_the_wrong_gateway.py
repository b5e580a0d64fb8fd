"""A polling request or an upgrade that lands on another gateway than its connection's reaches the right one."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from tests.integration.gateway.conftest import Act
from tests.integration.gateway.lone_gateway import LoneGateway, run_lone_gateway
from tests.support.device import join, receiving
from tests.support.raw import exchange
from tests.support.stack import Stack
from tests.support.transport import POLLING, WEBSOCKET, Polling, open_polling
from tests.support.waiting import eventually


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def other(stack: Stack) -> AsyncIterator[LoneGateway]:
    """A third gateway that knows where the first two are."""
    async with run_lone_gateway(stack, "gateway-9") as gateway:

        async def knows_its_peers() -> bool:
            async with open_polling(stack.internal_url("gateway-0")) as polling:
                polling.url = gateway.url
                status, _ = await polling.post("3")
                return status == 200

        await eventually(knows_its_peers, what="the beacons of the other gateways")
        yield gateway


async def test_polling_works_with_every_request_at_the_wrong_gateway(
    stack: Stack, act: Act, alice: str, other: LoneGateway
) -> None:
    async with open_polling(stack.internal_url("gateway-0")) as polling:
        polling.url = other.url
        async with receiving(polling) as device:
            await device.connect(stack.token(alice))
            greeting, *_ = await device.expect("connected")
            assert greeting["serverId"] == "gateway-0"
            await act("producer").notify(alice, content="Zoë 🎺")
            shown, _ = await device.expect("notification")
            assert shown["content"] == "Zoë 🎺"
            assert (await device.call("client:ping"))["ok"]


async def test_an_upgrade_at_the_wrong_gateway_carries_on_there(
    stack: Stack, act: Act, alice: str, other: LoneGateway
) -> None:
    async with (
        open_polling(stack.internal_url("gateway-1")) as polling,
        polling.upgrade(other.url) as websocket,
        receiving(websocket) as device,
    ):
        await device.connect(stack.token(alice))
        greeting, *_ = await device.expect("connected")
        assert greeting["serverId"] == "gateway-1"
        ids = [(await act("producer").notify(alice))[0]["id"] for _ in range(20)]
        await device.until(lambda: len(device.notifications) == 20, "twenty notifications")
        assert [shown["id"] for shown in device.notifications] == ids
        await device.transport.send("41")
        await device.closed.wait()


async def test_a_connection_that_starts_at_the_third_gateway_is_its_own(
    stack: Stack, alice: str, other: LoneGateway
) -> None:
    async with join(other.url, stack.token(alice)) as device:
        assert device.events[0][1]["serverId"] == "gateway-9"


@pytest.mark.parametrize("sid", ["gateway-0~absent", "gateway-7~absent", "nobody~x", "~", "~~", "gateway-0", "%00~%ff"])
async def test_a_connection_that_nobody_holds_is_unknown_everywhere(other: LoneGateway, sid: str) -> None:
    async with aiohttp.ClientSession() as client:
        for url in (other.url, other.internal_url):
            async with client.get(f"{url}{POLLING}&sid={sid}") as answer:
                assert answer.status == 400
            async with client.post(f"{url}{POLLING}&sid={sid}", data="3") as answer:
                assert answer.status == 400
            with pytest.raises(aiohttp.WSServerHandshakeError, match="400"):
                await client.ws_connect(f"{url}{WEBSOCKET}&sid={sid}")


async def test_a_request_is_never_passed_on_twice(stack: Stack, other: LoneGateway) -> None:
    """The internal port serves what it holds: two gateways that are wrong about each other cannot play ping-pong."""
    async with open_polling(stack.internal_url("gateway-0")) as polling:
        polling.url = other.internal_url
        assert (await polling.post("3"))[0] == 400
        polling.url = other.url
        assert (await polling.post("3"))[0] == 200


async def test_the_connection_of_a_gateway_that_died_is_unknown_at_once(stack: Stack, other: LoneGateway) -> None:
    async with run_lone_gateway(stack, "gateway-8") as doomed:

        async def is_known() -> bool:
            async with open_polling(doomed.url) as polling:
                polling.url = other.url
                return (await polling.post("3"))[0] == 200

        await eventually(is_known, what="the beacon of the new gateway")
        async with aiohttp.ClientSession() as client:
            orphan = Polling(client, doomed.url)
            await orphan.open()
            await doomed.process.kill()
            orphan.url = other.url
            assert (await orphan.post("3"))[0] == 400
            assert (await orphan.get())[0] == 400


@pytest.mark.parametrize(
    "header", [b"X: \xff", b"X: \xed\xa0\x80", b"Host: y\r\nX-\xc3\xa9: 1", b"Upgrade: h2c", b"X: a\x7f"], ids=repr
)
async def test_a_header_that_is_hard_to_pass_on_fails_nobody(stack: Stack, other: LoneGateway, header: bytes) -> None:
    async with open_polling(stack.internal_url("gateway-0")) as polling:
        head = f"POST {POLLING}&sid={polling.sid} HTTP/1.1\r\nContent-Length: 1\r\nHost: x\r\n".encode()
        answer = await exchange(other.url, head + header + b"\r\n\r\n3")
        assert answer.split(b" ")[1] in {b"200", b"400"}
        polling.url = other.url
        assert (await polling.post("3"))[0] == 200
    assert "Traceback" not in other.process.log
