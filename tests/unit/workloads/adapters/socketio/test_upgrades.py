"""Whatever happens in whatever order while a websocket takes over from polling: nothing is lost or out of order."""

import asyncio
from typing import Any
from unittest.mock import Mock

from hypothesis import given
from hypothesis import strategies as st

from notifications.adapters.socketio.connection import Connection, Reason
from notifications.adapters.socketio.engine import Engine
from notifications.adapters.socketio.flush import Flush
from notifications.adapters.socketio.frames import FrameReader
from notifications.adapters.socketio.polling import Poll, answer_poll
from notifications.adapters.socketio.websocket import WebSocket
from tests.support.frames import TEXT, frame

STEPS = ["send", "poll", "turn", "open", "probe", "upgrade", "choke", "ease", "lose", "abandon"]


class Nobody:
    """An application that takes note of the end."""

    def __init__(self) -> None:
        self.reasons: list[Reason] = []

    def opened(self, connection: Connection) -> None: ...

    async def received(self, connection: Connection, message: str) -> None: ...

    def ended(self, connection: Connection, reason: Reason) -> None:
        self.reasons.append(reason)


class Client:
    """Does what the stock client does, in any order that it may: `5` is sent when no poll is under way."""

    def __init__(self) -> None:
        self.nobody = Nobody()
        self.engine = Engine("gateway-0", self.nobody)
        self.connection = self.engine.open(Poll(), ("websocket",))
        self.connection.settle()
        self.connection.outbox.take()
        self.flush = Flush()
        self.sent = 0
        self.seen: list[str] = []
        self.poll: asyncio.Task[Any] | None = None
        self.request = Mock()
        self.websocket: WebSocket | None = None
        self.upgraded = False

    def do_send(self) -> None:
        self.connection.send(str(self.sent))
        self.sent += 1

    def do_poll(self) -> None:
        if self.poll is None and not self.upgraded:
            self.request = Mock()
            self.poll = asyncio.ensure_future(answer_poll(self.connection, self.request))

    def do_abandon(self) -> None:
        """Lose the request that waits; what it brings after that reaches nobody."""
        if self.poll is not None and not self.poll.done():
            self.request.transport, self.poll = None, None

    async def do_turn(self) -> None:
        for _ in range(4):
            await asyncio.sleep(0)
        if self.poll is not None and self.poll.done():
            self.seen += [packet for packet in self.poll.result().body.decode().split("\x1e") if packet != "6"]
            self.poll = None

    def do_open(self) -> None:
        if self.websocket is None:
            self.transport = Mock(spec=asyncio.Transport)
            self.transport.get_write_buffer_size.return_value = 0
            self.transport.is_closing.return_value = False
            self.websocket = WebSocket(self.transport, self.engine.wheel, self.flush)
            self.websocket.begin(self.connection, b"")

    def do_probe(self) -> None:
        if self.websocket is not None and not self.probed:
            self.websocket.data_received(frame(TEXT, b"2probe"))

    def do_upgrade(self) -> None:
        if self.websocket is not None and self.probed and self.poll is None and not self.upgraded:
            self.websocket.data_received(frame(TEXT, b"5"))
            self.upgraded = True

    def do_choke(self) -> None:
        if self.websocket is not None:
            self.websocket.pause_writing()

    def do_ease(self) -> None:
        if self.websocket is not None:
            self.websocket.resume_writing()

    def do_lose(self) -> None:
        if self.websocket is not None and not self.upgraded:
            self.websocket.connection_lost(None)
            self.websocket = None

    @property
    def probed(self) -> bool:
        return self.websocket is not None and "3probe" in self.written

    @property
    def written(self) -> list[str]:
        data = b"".join(call.args[0] for call in self.transport.write.call_args_list)
        masked = b"".join(frame(TEXT, text) for text in _texts(data))
        return [payload.decode() for _, payload in FrameReader(1 << 20).feed(masked)]

    async def finish(self) -> list[str]:
        """Read on until there is nothing more, and return all that was shown."""
        if self.poll is not None:
            self.do_send()  # whoever waits is answered
            await self.do_turn()
        self.do_ease()
        if not self.upgraded:
            self.do_send()
            self.do_poll()
        await self.do_turn()
        return self.seen + ([text for text in self.written if text != "3probe"] if self.upgraded else [])


def _texts(data: bytes) -> list[bytes]:
    """The payloads of short frames without masks."""
    found = []
    while data:
        found.append(data[2 : 2 + data[1]])
        data = data[2 + data[1] :]
    return found


@given(st.lists(st.sampled_from([*STEPS, "send", "turn", "poll"]), max_size=60))
def test_an_upgrade_at_any_moment_loses_doubles_and_reorders_nothing(steps: list[str]) -> None:
    async def work() -> None:
        client = Client()
        for step in steps:
            await client.do_turn() if step == "turn" else getattr(client, f"do_{step}")()
        assert await client.finish() == [f"4{number}" for number in range(client.sent)]
        assert client.nobody.reasons == []

    asyncio.run(work())
