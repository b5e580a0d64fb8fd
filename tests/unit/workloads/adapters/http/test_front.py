"""The front serves whole, plain POSTs of a notification, and leaves every other connection to aiohttp."""

import asyncio
from collections.abc import AsyncIterator
from unittest.mock import Mock

import pytest
from aiohttp import web

from notifications.adapters.http.front import Front, Posted, Shortcuts, read_posted
from notifications.adapters.http.listener import Listener
from tests.support.ports import free_port
from tests.support.raw import exchange, open_raw

BODY = b'{"type":"message"}'
PLAIN = b"POST /api/notifications HTTP/1.1\r\nHost: x\r\nContent-Length: 18\r\n\r\n" + BODY
SERVED = b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nfront"


def with_header(line: bytes) -> bytes:
    return PLAIN.replace(b"Host: x\r\n", b"Host: x\r\n" + line + b"\r\n")


async def read_until(reader: asyncio.StreamReader, *ends: bytes) -> bytes:
    read = b""
    async with asyncio.timeout(5):
        while not read.endswith(ends):
            read += await reader.readexactly(1)
    return read


class Served:
    """What the front was asked to serve; it answers when `may_answer` is set."""

    def __init__(self) -> None:
        self.posted: list[Posted] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def serve(self, posted: Posted) -> bytes:
        self.posted.append(posted)
        await self.may_answer.wait()
        return SERVED


@pytest.fixture
async def served() -> Served:
    return Served()


@pytest.fixture
async def listener(served: Served) -> AsyncIterator[tuple[Listener, str]]:
    """A listener whose library answers with what it was asked, and its address."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=f"library: {request.method} {request.path} {(await request.read()).decode()}")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    listener, port = Listener(app, Shortcuts(served.serve)), free_port()
    await listener.open("127.0.0.1", port)
    yield listener, f"http://127.0.0.1:{port}"
    await listener.close()


@pytest.fixture
def url(listener: tuple[Listener, str]) -> str:
    return listener[1]


async def test_a_connection_that_only_posts_is_served_by_the_front(url: str, served: Served) -> None:
    async with open_raw(url) as (reader, writer):
        for _ in range(3):
            writer.write(with_header(b"Authorization: Bearer a\r\nauthorization: Bearer b\r\nX: \xff"))
            assert await asyncio.wait_for(reader.readexactly(len(SERVED)), 5) == SERVED
    assert [posted.body for posted in served.posted] == [BODY] * 3
    assert served.posted[0].header(b"authorization") == "Bearer a"
    assert served.posted[0].header(b"x") == "\udcff"
    assert served.posted[0].header(b"idempotency-key") is None


@pytest.mark.parametrize(
    "request_",
    [
        PLAIN.replace(b"POST", b"PUT"),
        PLAIN.replace(b"notifications", b"notifications/bulk"),
        PLAIN.replace(b"notifications", b"notifications?a=b"),
        PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
        with_header(b"Connection: close"),
        with_header(b"Connection: keep-alive, close"),
        with_header(b"Origin: https://pages.example"),
        with_header(b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        with_header(b"X: " + b"x" * 8_100).replace(b"Host: x", b"Host: " + b"x" * 200),
        PLAIN.replace(b"Content-Length: 18", b"Transfer-Encoding: chunked").replace(BODY, b"1\r\na\r\n0\r\n\r\n"),
    ],
    ids=[
        "a PUT", "another path", "a query", "HTTP 1.0", "the last request", "perhaps the last request", "a page",
        "a trace", "a long head", "chunks",
    ],
)  # fmt: skip
async def test_what_is_unusual_is_answered_by_the_library(url: str, served: Served, request_: bytes) -> None:
    assert b"library: P" in await exchange(url, request_)
    assert served.posted == []


@pytest.mark.parametrize(
    "request_",
    [
        with_header(b"Content-Length: 17"),
        with_header(b"Transfer-Encoding: chunked"),
        with_header(b"No colon"),
        with_header(b"X : y"),
        with_header(b"X: a\rb"),
    ],
    ids=["two lengths", "a length and chunks", "a header without a colon", "a blank before the colon", "a bare CR"],
)
async def test_what_could_be_read_in_two_ways_is_refused_by_the_library(
    url: str, served: Served, request_: bytes
) -> None:
    assert (await exchange(url, request_)).startswith(b"HTTP/1.0 400 ")
    assert served.posted == []


@pytest.mark.parametrize("end", range(1, len(PLAIN), 7))
async def test_what_comes_in_two_pieces_is_answered_all_the_same(url: str, end: int) -> None:
    async with open_raw(url) as (reader, writer):
        writer.write(PLAIN[:end])
        await writer.drain()
        await asyncio.sleep(0)
        writer.write(PLAIN[end:])
        answer = await read_until(reader, b"front", BODY)
    assert answer.endswith((b"front", b"library: POST /api/notifications " + BODY))


async def test_a_head_whose_body_is_yet_to_come_is_handed_over_with_all_that_follows(served: Served) -> None:
    transport, library, all = Mock(spec=asyncio.Transport), Mock(), set[Front]()
    front = Front(Shortcuts(served.serve), library, all)
    front.connection_made(transport)
    front.data_received(PLAIN.removesuffix(BODY))
    transport.set_protocol.assert_called_once_with(library())
    library().connection_made.assert_called_once_with(transport)
    library().data_received.assert_called_once_with(PLAIN.removesuffix(BODY))
    assert (served.posted, all) == ([], set())


async def test_a_connection_stays_with_the_library_once_it_was_handed_over(url: str, served: Served) -> None:
    async with open_raw(url) as (reader, writer):
        for sent in (b"GET /there HTTP/1.1\r\nHost: x\r\n\r\n", PLAIN):
            writer.write(sent)
            assert b"\r\n\r\nlibrary: " in await read_until(reader, b"there ", BODY)
    assert served.posted == []


async def test_requests_sent_ahead_are_answered_in_order(url: str, served: Served) -> None:
    served.may_answer.clear()
    async with open_raw(url) as (reader, writer):
        writer.write(PLAIN)
        while not served.posted:
            await asyncio.sleep(0)
        writer.write(PLAIN + b"GET /after HTTP/1.1\r\nHost: x\r\n\r\n")
        await writer.drain()
        served.may_answer.set()
        answers = await asyncio.wait_for(reader.readuntil(b"GET /after "), 5)
    assert answers.startswith(SERVED)
    assert answers.index(BODY) < answers.index(b"GET /after ")


async def test_closing_waits_for_what_is_being_served(listener: tuple[Listener, str], served: Served) -> None:
    served.may_answer.clear()
    async with open_raw(listener[1]) as (reader, writer), open_raw(listener[1]) as (idle, _):
        writer.write(PLAIN)
        while not served.posted:
            await asyncio.sleep(0)
        closing = asyncio.create_task(listener[0].close())
        await asyncio.sleep(0)
        assert not closing.done()
        served.may_answer.set()
        assert await asyncio.wait_for(reader.read(), 5) == SERVED
        assert await asyncio.wait_for(idle.read(), 5) == b""
        await closing


async def test_a_connection_that_asks_for_nothing_is_closed_but_not_while_it_is_served(
    url: str, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.adapters.http.front.IDLE_TIMEOUT", 0.05)
    served.may_answer.clear()
    async with open_raw(url) as (reader, writer), open_raw(url) as (idle, _):
        writer.write(PLAIN)
        assert await asyncio.wait_for(idle.read(), 5) == b""
        served.may_answer.set()
        assert await asyncio.wait_for(reader.read(), 5) == SERVED


async def test_nothing_is_taken_from_a_client_that_does_not_read_its_answers(served: Served) -> None:
    transport = Mock(spec=asyncio.Transport)
    transport.is_closing.return_value = False
    front = Front(Shortcuts(served.serve), Mock(), set())
    front.connection_made(transport)
    front.pause_writing()
    front.data_received(PLAIN)
    assert (front.serving, transport.pause_reading.called) == (None, True)

    front.resume_writing()
    assert front.serving is not None
    await front.serving
    transport.write.assert_called_once_with(SERVED)
    transport.resume_reading.assert_called_with()
    front.connection_lost(None)


async def test_the_library_may_stop_reading_when_it_is_handed_what_came_too_early(served: Served) -> None:
    transport, library = Mock(spec=asyncio.Transport), Mock()
    transport.is_closing.return_value = False
    library.return_value.data_received.side_effect = lambda _: transport.pause_reading()
    front = Front(Shortcuts(served.serve), library, set())
    front.connection_made(transport)
    front.data_received(PLAIN)
    front.data_received(b"GET / HTTP/1.1\r\n" * 1_000)
    assert front.serving is not None
    await front.serving
    transport.set_protocol.assert_called_once_with(library())
    assert [name for name, _, _ in transport.method_calls if name.endswith("_reading")][-1] == "pause_reading"


async def test_an_answer_to_a_connection_that_is_gone_is_dropped(served: Served) -> None:
    transport, all = Mock(spec=asyncio.Transport), set[Front]()
    front = Front(Shortcuts(served.serve), Mock(), all)
    front.connection_made(transport)
    front.data_received(PLAIN)
    front.connection_lost(None)
    transport.is_closing.return_value = True
    assert front.serving is not None
    await front.serving
    assert (transport.write.called, all) == (False, set())


def test_a_request_with_more_behind_it_is_not_taken_alone() -> None:
    assert read_posted(PLAIN) is not None
    for behind in (PLAIN, b"GET / HTTP/1.1\r\n", b"x"):
        assert read_posted(PLAIN + behind) is None, behind


def test_a_body_above_64_kib_is_left_to_the_library() -> None:
    body = b"x" * 65_536
    assert read_posted(PLAIN.replace(b"18", b"%d" % len(body)).replace(BODY, body)) is None
