"""A browser is told the key to subscribe with, as it was configured."""

from datetime import UTC, datetime, timedelta

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from notifications.adapters.http.devices import DevicesApi
from notifications.adapters.memory.devices import MemoryDevices
from notifications.clock import make_id, now
from notifications.domain.notification import UserKey
from notifications.domain.principal import Principal

KEY = "B" + "A" * 86
ALICE = Principal(UserKey("acme", "alice"), datetime.now(UTC) + timedelta(hours=1))


async def test_the_configured_key_is_told() -> None:
    app = web.Application()
    app.add_routes(DevicesApi(lambda _: ALICE, MemoryDevices(now), KEY, now, make_id).routes())
    async with (
        TestServer(app) as server,
        ClientSession(headers={"Authorization": "Bearer any"}) as client,
        client.get(server.make_url("/api/devices/webpush-key")) as answer,
    ):
        assert (answer.status, await answer.json()) == (200, {"publicKey": KEY})
