"""The clients of `make bench` against a server that is told what to send."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.bench.native import Crowd, Member, Seats, Seen, build, find_compiler
from tests.support.frames import TEXT, frame
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="there is no C compiler")
STEP, SEQUENCES = 7, 2


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    build()


def text(said: str) -> bytes:
    return frame(TEXT, said.encode(), mask=0)


def message(number: int, sequence: int = 0, step: int = STEP) -> str:
    return f'42["room:message",{{"mark":"~{step:04}.{sequence:05}.{number:010}.{0:017}"}}]'


@asynccontextmanager
async def watched(folder: Path, *said: str) -> AsyncIterator[Crowd]:
    """A client that is told all of this once it asks for its room."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + text("0{}"))
        await reader.readuntil(b'40{"token":"secret"}')
        writer.write(text('40{"sid":"x"}'))
        await reader.readuntil(b'421["room:join","group:r0"]')
        writer.write(b"".join(map(text, said)))
        await writer.drain()
        await asyncio.Event().wait()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    seats = Seats([Member(port, "secret", ("group:r0",))], "socketio", STEP, SEQUENCES, core=0)
    crowd = await Crowd.start(folder, seats)
    try:
        yield crowd
    finally:
        await crowd.close()
        server.close()


async def report(crowd: Crowd, done: Callable[[Seen], bool]) -> Seen:
    """Return the first report that is as wanted."""

    async def look() -> Seen | None:
        return seen if done(seen := await crowd.report()) else None

    seen = await eventually(look, what="the report")
    assert seen is not None
    return seen


async def test_messages_in_order_are_counted(tmp_path: Path) -> None:
    async with watched(tmp_path, '431[{"ok":true}]', message(1), message(2), message(3)) as crowd:
        seen = await report(crowd, lambda seen: seen.received == 3)
    assert (seen.ready, seen.reordered, seen.refused) == (1, 0, 0)


async def test_a_message_behind_a_later_one_or_twice_is_out_of_order(tmp_path: Path) -> None:
    async with watched(tmp_path, '431[{"ok":true}]', message(1), message(3), message(2), message(3)) as crowd:
        seen = await report(crowd, lambda seen: seen.received == 4)
    assert seen.reordered == 2


async def test_each_sequence_has_an_order_of_its_own(tmp_path: Path) -> None:
    async with watched(tmp_path, '431[{"ok":true}]', message(1), message(2), message(1, sequence=1)) as crowd:
        seen = await report(crowd, lambda seen: seen.received == 3)
    assert seen.reordered == 0


async def test_what_an_earlier_step_has_left_behind_does_not_count(tmp_path: Path) -> None:
    late = message(1, step=STEP - 1)
    async with watched(tmp_path, '431[{"ok":true}]', late, '42["position","x"]', message(1)) as crowd:
        seen = await report(crowd, lambda seen: seen.received > 0)
    assert seen.received == 1


async def test_who_may_not_join_is_refused_with_what_was_said(tmp_path: Path) -> None:
    async with watched(tmp_path, '431[{"ok":false,"error":{"code":"FORBIDDEN"}}]') as crowd:
        seen = await report(crowd, lambda seen: seen.refused == 1)
    assert "FORBIDDEN" in seen.reason
    assert seen.ready == 0
