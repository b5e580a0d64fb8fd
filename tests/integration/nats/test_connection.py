"""How a connection begins, complains and ends."""

import asyncio
import logging
import time
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from notifications.adapters.nats import connection as connection_module
from notifications.adapters.nats.connection import connect
from notifications.domain.errors import Misconfigured, TooLarge, Unavailable
from tests.integration.nats.conftest import Open
from tests.support.nats import NatsServer
from tests.support.ports import free_port
from tests.support.waiting import eventually


async def test_a_server_that_is_not_there_is_unavailable_after_the_deadline() -> None:
    url = f"nats://127.0.0.1:{free_port()}"
    begun = time.monotonic()
    with pytest.raises(Unavailable, match=f"no NATS at {url} within 1 s: .*Connect call failed"):
        await connect([url], "worker", "secret", "test", within=1)
    assert time.monotonic() - begun < 2.5


async def test_a_server_that_says_nothing_is_unavailable_after_the_deadline() -> None:
    async with fake_server(b"") as url:
        with pytest.raises(Unavailable, match=f"no NATS at {url} within 1 s"):
            await connect([url], "worker", "secret", "test", within=1)


@asynccontextmanager
async def fake_server(*lines: bytes) -> AsyncIterator[str]:
    """Serve one line for each one that a client sends, the first unasked, and hold the connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in lines:
            writer.write(line)
            await reader.readline()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("server", ["", "nats://127.0.0.1:notaport", "nats://127.0.0.1:99999"])
async def test_what_is_no_address_is_refused_at_once(server: str) -> None:
    with pytest.raises(Misconfigured, match="is not an address of a NATS server"):
        await connect([server], "worker", "secret", "test", within=30)


async def test_a_wrong_password_is_told_as_the_reason(nats_server: NatsServer) -> None:
    with pytest.raises(Unavailable, match="Authorization Violation"):
        await connect([nats_server.url], "worker", "wrong", "test", within=1)


async def test_a_server_that_starts_late_is_waited_for(
    private_nats: NatsServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(connection_module, "PROGRESS_EVERY", 0.3)
    private_nats.stop()
    connecting = asyncio.create_task(
        connect([private_nats.url], "worker", private_nats.password("worker"), "test", within=20)
    )
    await eventually(lambda: "waiting for NATS at nats://127.0.0.1" in caplog.text)
    await asyncio.to_thread(private_nats.start)
    connection = await connecting
    await connection.flush()
    await connection.close()


async def test_the_first_server_that_answers_is_taken(nats_server: NatsServer) -> None:
    servers = [f"nats://127.0.0.1:{free_port()}", nats_server.url]
    connection = await connect(servers, "worker", nats_server.password("worker"), "test", within=10)
    await connection.flush()
    await connection.close()


async def test_a_password_that_cannot_be_read_is_told_as_it_is(nats_server: NatsServer) -> None:
    def read() -> str:
        raise Misconfigured("the password file is missing")

    with pytest.raises(Misconfigured, match="the password file is missing"):
        await connect([nats_server.url], "worker", read, "test", within=30)


async def test_a_password_that_changed_is_read_again(private_nats: NatsServer) -> None:
    passwords = ["wrong", private_nats.password("worker")]
    connection = await connect(
        [private_nats.url],
        "worker",
        lambda: passwords.pop(0) if len(passwords) > 1 else passwords[0],
        "test",
        within=10,
    )
    assert connection.connected
    await connection.close()


async def test_an_outage_is_told_in_a_few_lines_however_long_it_lasts(
    private_nats: NatsServer, open_connection: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    connection = await open_connection(private_nats)
    await asyncio.to_thread(private_nats.kill)
    await eventually(lambda: "Connect call failed" in caplog.text)
    lines = len(caplog.records)
    await eventually(lambda: _attempts(connection) > 3, within=15, what="more attempts to connect")
    assert len(caplog.records) == lines <= 4
    await asyncio.to_thread(private_nats.start)
    await eventually(lambda: "NATS is back" in caplog.text)


def _attempts(connection: object) -> int:
    servers = connection._client.server_pool  # type: ignore[attr-defined]
    return int(servers[0].reconnects)


async def test_closing_ends_the_connection_within_a_moment(private_nats: NatsServer, open_connection: Open) -> None:
    connection = await open_connection(private_nats)
    await connection.close()
    await asyncio.wait_for(connection.ended(), 1)
    assert not connection.connected
    with pytest.raises(Unavailable):
        await connection.request("ntf.nobody", b"")


async def test_closing_while_the_server_is_away_ends_within_a_moment(
    private_nats: NatsServer, open_connection: Open
) -> None:
    connection = await open_connection(private_nats)
    await asyncio.to_thread(private_nats.kill)
    await eventually(lambda: not connection.connected)
    await asyncio.wait_for(connection.close(), 5)
    await asyncio.wait_for(connection.ended(), 1)


async def test_what_was_sent_before_closing_arrives(nats_server: NatsServer, open_connection: Open) -> None:
    sender, receiver = await open_connection(nats_server), await open_connection(nats_server)
    heard: list[bytes] = []
    receiver.listen("ntf.test", lambda message: heard.append(message.data))
    await receiver.flush()
    for number in range(1_000):
        sender.publish("ntf.test", str(number).encode())
    await sender.close()
    await eventually(lambda: len(heard) == 1_000)
    assert heard == [str(number).encode() for number in range(1_000)]


async def test_a_client_that_the_server_refuses_for_good_says_so(caplog: pytest.LogCaptureFixture) -> None:
    info = b'INFO {"server_id":"x","version":"2.15.1","max_payload":1048576,"headers":true}\r\n'
    async with fake_server(info, b"", b"PONG\r\n", b"-ERR 'User Authentication Expired'\r\n") as url:
        connection = await connect([url], "worker", "secret", "test", within=5)
        await asyncio.wait_for(connection.ended(), 5)
    assert "closed for good" in caplog.text


async def test_a_failure_that_the_library_does_not_foresee_ends_the_connection(
    private_nats: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = [private_nats.password("worker")]
    connection = await connect([private_nats.url], "worker", lambda: secrets.pop(), "test", within=10)
    await asyncio.to_thread(private_nats.kill)
    await asyncio.to_thread(private_nats.start)
    await asyncio.wait_for(connection.ended(), 10)
    assert "does not foresee" in caplog.text


async def test_a_message_too_large_for_the_server_is_refused_and_harms_nothing(
    nats_server: NatsServer, open_connection: Open
) -> None:
    connection = await open_connection(nats_server)
    with pytest.raises(TooLarge):
        connection.publish("ntf.test", bytes(2 * 1024 * 1024))
    await connection.flush()
    assert connection.connected


async def test_ten_thousand_interests_cost_no_task_and_little_memory(
    private_nats: NatsServer, open_connection: Open
) -> None:
    connection = await open_connection(private_nats)
    heard: list[str] = []
    tasks = len(asyncio.all_tasks())
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(10_000):
        connection.listen(f"ntf.test.{number}", lambda message: heard.append(message.subject))
    await connection.flush()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (after - before) / 10_000 < 600
    assert len(asyncio.all_tasks()) == tasks
    await asyncio.to_thread(private_nats.kill)
    await asyncio.to_thread(private_nats.start)
    await eventually(lambda: connection.connected)
    for number in range(0, 10_000, 100):
        connection.publish(f"ntf.test.{number}", b"")
    await connection.flush()
    assert heard == [f"ntf.test.{number}" for number in range(0, 10_000, 100)]
