"""A listener accepts, stops accepting and closes, and waits for nobody who only pretends to send."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web

from notifications.adapters.http.listener import Listener
from tests.support.ports import free_port, is_listening
from tests.support.raw import open_raw


def application() -> web.Application:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="served")

    app = web.Application()
    app.router.add_get("/", answer)
    return app


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """The port of a listener that waits a fifth of a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("notifications.adapters.http.listener.IDLE_TIMEOUT", 0.2)
        listener = Listener(application())
    port = free_port()
    await listener.open("127.0.0.1", port)
    yield port
    await listener.close()


@pytest.mark.parametrize(
    "beginning", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\nX: "], ids=["nothing", "a byte", "a head"]
)
async def test_a_head_that_never_ends_is_given_up(port: int, beginning: bytes) -> None:
    async with open_raw(f"http://127.0.0.1:{port}") as (reader, writer):
        writer.write(beginning)

        async def drip() -> None:
            while beginning.endswith(b"X: "):
                writer.write(b"a")
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        assert await asyncio.wait_for(reader.read(), 5) == b""
        dripping.cancel()


async def test_a_connection_that_is_kept_and_not_used_is_closed(port: int) -> None:
    async with open_raw(f"http://127.0.0.1:{port}") as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await asyncio.wait_for(reader.read(), 5)).endswith(b"served")


@pytest.mark.parametrize(
    "head",
    [b"GET /?token=secret" + b"x" * 9_000 + b" HTTP/1.1", b"GET / HTTP/1.1\r\nSecret", b"\x16\x03secret"],
    ids=["an address of 9 kB", "a header without a colon", "a TLS greeting"],
)
async def test_a_head_that_cannot_be_read_is_told_as_a_problem_and_not_repeated(port: int, head: bytes) -> None:
    async with open_raw(f"http://127.0.0.1:{port}") as (reader, writer):
        writer.write(head + b"\r\n\r\n")
        told, body = (await asyncio.wait_for(reader.read(), 5)).split(b"\r\n\r\n")
    assert b" 400 Bad Request" in told
    assert b"\r\nContent-Type: application/problem+json; " in told
    assert (json.loads(body)["status"], json.loads(body)["code"]) == (400, "INVALID")
    assert b"secret" not in body.lower()


async def test_it_stops_accepting_and_serves_what_exists() -> None:
    listener, port = Listener(application()), free_port()
    await listener.open("127.0.0.1", port)
    async with ClientSession() as client:
        for stop in (None, listener.stop, listener.stop):
            if stop is not None:
                await stop()
            async with client.get(f"http://127.0.0.1:{port}/") as answer:
                assert await answer.text() == "served"
        assert not is_listening(port)
    await listener.close()


async def test_two_listeners_share_a_port_if_both_want_to() -> None:
    first, second, port = Listener(application()), Listener(application()), free_port()
    await first.open("127.0.0.1", port, reuse_port=True)
    await second.open("127.0.0.1", port, reuse_port=True)
    await first.close()
    assert is_listening(port)
    await second.close()


async def test_a_port_that_is_taken_is_an_error() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        listener = Listener(application())
        with pytest.raises(OSError, match="address already in use"):
            await listener.open("127.0.0.1", other.getsockname()[1])
        await listener.close()
