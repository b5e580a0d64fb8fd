"""Who comes too often, or too many at once, is told at the handshake to come later, over either transport."""

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from notifications.adapters.http.application import build_application
from notifications.adapters.http.front import Shortcuts
from notifications.adapters.http.listener import Listener
from notifications.adapters.socketio.entrance import Policy
from notifications.app.addresses import Addresses, Visits
from tests.support.ports import free_port
from tests.support.transport import POLLING, WEBSOCKET
from tests.support.waiting import eventually
from tests.unit.workloads.adapters.socketio.conftest import House


@pytest.fixture(params=["the front", "aiohttp"])
def through_front(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "the front")


class Doors:
    """A server with limits for addresses, on ports of its own."""

    def __init__(self, through_front: bool) -> None:
        self.house = House()
        self._through_front = through_front
        self._client = aiohttp.ClientSession()
        self._listeners: list[Listener] = []
        self.sockets: list[aiohttp.ClientWebSocketResponse] = []

    async def open(self, visits: Visits, proxies: int = 0) -> str:
        policy = Policy((), Addresses(visits, lambda: 0.0), proxies)
        entrance = self.house.server.open_entrance({}, policy)
        app = build_application([], entrance.handle, lambda: True)
        listener, port = Listener(app, Shortcuts(take=entrance.take) if self._through_front else None), free_port()
        await listener.open("127.0.0.1", port)
        self._listeners.append(listener)
        return f"http://127.0.0.1:{port}"

    async def knock(self, url: str, transport: str, forwarded: str = "") -> tuple[int, str | None]:
        """Return the status of a handshake and when to come again; a websocket stays open."""
        headers = {"X-Forwarded-For": forwarded} if forwarded else {}
        if transport == "polling":
            async with self._client.get(url + POLLING, headers=headers) as answer:
                return answer.status, answer.headers.get("Retry-After")
        try:
            self.sockets.append(await self._client.ws_connect(url + WEBSOCKET, headers=headers))
        except aiohttp.WSServerHandshakeError as error:
            return error.status, error.headers.get("Retry-After") if error.headers else None
        return 101, None

    async def close(self) -> None:
        await self._client.close()
        await self.house.server.close()
        for listener in self._listeners:
            await listener.close()


@pytest.fixture
async def doors(through_front: bool) -> AsyncIterator[Doors]:
    doors = Doors(through_front)
    yield doors
    await doors.close()


@pytest.mark.parametrize(("transport", "good"), [("polling", 200), ("websocket", 101)])
async def test_handshakes_beyond_the_rate_are_answered_with_429(doors: Doors, transport: str, good: int) -> None:
    url = await doors.open(Visits(None, 2))
    assert [await doors.knock(url, transport) for _ in range(3)] == [(good, None), (good, None), (429, "1")]


@pytest.mark.parametrize(("transport", "good"), [("polling", 200), ("websocket", 101)])
async def test_connections_beyond_their_number_are_answered_with_429(doors: Doors, transport: str, good: int) -> None:
    url = await doors.open(Visits(1, None))
    assert [await doors.knock(url, transport) for _ in range(2)] == [(good, None), (429, "5")]


async def test_there_is_room_again_when_a_connection_has_ended(doors: Doors) -> None:
    url = await doors.open(Visits(1, None))
    assert (await doors.knock(url, "websocket"))[0] == 101
    await doors.sockets[0].close()

    async def is_let_in() -> bool:
        return (await doors.knock(url, "websocket"))[0] == 101

    await eventually(is_let_in)


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_behind_a_trusted_proxy_each_of_its_clients_counts_alone(doors: Doors, transport: str) -> None:
    url = await doors.open(Visits(1, None), proxies=1)
    statuses = [await doors.knock(url, transport, f"203.0.113.7, {client}") for client in ("10.1.1.1", "10.1.1.2") * 2]
    assert [status < 300 for status, _ in statuses] == [True, True, False, False]


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_without_one_nobody_may_say_who_they_are(doors: Doors, transport: str) -> None:
    url = await doors.open(Visits(1, None))
    assert (await doors.knock(url, transport, "10.1.1.1"))[0] < 300
    assert (await doors.knock(url, transport, "10.1.1.2"))[0] == 429


async def test_an_upgrade_is_no_other_connection(doors: Doors) -> None:
    url = await doors.open(Visits(1, 1))
    async with aiohttp.ClientSession() as client:
        async with client.get(url + POLLING) as answer:
            sid = json.loads((await answer.text())[1:])["sid"]
        async with client.ws_connect(f"{url}{WEBSOCKET}&sid={sid}") as socket:
            await socket.send_str("2probe")
            assert (await socket.receive_str()) == "3probe"
