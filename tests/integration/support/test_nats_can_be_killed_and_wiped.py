"""The nats-server of the tests is a real one: a kill keeps its streams, a wipe does not."""

import nats
import pytest
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from tests.support.nats import NatsServer


async def connect(server: NatsServer) -> Client:
    return await nats.connect(server.url, user="worker", password=server.password("worker"))


async def add_stream(server: NatsServer) -> None:
    client = await connect(server)
    await client.jetstream().add_stream(name="KEPT", subjects=["kept"])
    await client.close()


async def test_a_killed_server_keeps_its_streams(private_nats: NatsServer) -> None:
    await add_stream(private_nats)
    private_nats.kill()
    private_nats.start()
    client = await connect(private_nats)
    assert (await client.jetstream().stream_info("KEPT")).config.name == "KEPT"
    await client.close()


async def test_a_wiped_server_has_no_streams(private_nats: NatsServer) -> None:
    await add_stream(private_nats)
    private_nats.kill()
    private_nats.wipe()
    private_nats.start()
    client = await connect(private_nats)
    with pytest.raises(NotFoundError):
        await client.jetstream().stream_info("KEPT")
    await client.close()


async def test_a_client_without_a_password_is_refused(private_nats: NatsServer) -> None:
    client = Client()
    with pytest.raises(nats.errors.Error, match="Authorization"):
        await client.connect(private_nats.url, allow_reconnect=False)
    await client.close()
