"""The nats-py client with direct delivery: the only file that touches its private interface.

nats-py gives each subscription a queue and a task and drops messages when the queue is full. Here the reader itself
calls a listener: in order, nothing dropped, for the price of a dictionary entry. So a listener must return quickly.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

import msgspec
from nats.aio.client import Client
from nats.aio.subscription import Subscription
from nats.protocol.command import hpub_cmd, pub_cmd, sub_cmd, unsub_cmd

log: Final = logging.getLogger(__name__)

_STATUS: Final = b"NATS/1.0 "


class Message(msgspec.Struct, frozen=True, gc=False):
    """What the server delivered. `status` is 0 for data, else a code such as 503, explained by `reason`.

    `headers` is the whole block, empty if there is none. A dataclass would take ten times as long to make.
    """

    subject: str
    reply: str
    data: bytes
    status: int = 0
    reason: str = ""
    headers: bytes = b""


Listener = Callable[[Message], None]


class Interest(Subscription):
    """A subject and its listener; the rest is what nats-py reads of a subscription when it reconnects and closes."""

    _queue = ""
    _max_msgs = 0
    _pending_next_msgs_calls: dict[Any, Any] = {}  # noqa: RUF012 - read only
    _wait_for_msgs_task = None
    _message_iterator = None

    def __init__(self, sid: int, subject: str, listener: Listener) -> None:
        self._id = sid
        self._subject = subject
        self.listener = listener


class DirectClient(Client):
    """A connection that repeats every interest when it reconnects and forgets what could not be sent before."""

    _ending: asyncio.Task[None] | None = None

    @property
    def backlog(self) -> int:
        """Bytes that wait to be written."""
        return self._pending_data_size

    def listen(self, subject: str, listener: Listener) -> Interest:
        """Call `listener` for each message on `subject`; begins now, or with the next connection."""
        self._sid += 1
        interest = self._subs[self._sid] = Interest(self._sid, subject, listener)
        if self.is_connected:
            self._enqueue(sub_cmd(subject, "", self._sid))
        return interest

    def silence(self, interest: Interest) -> None:
        """Ask the server for no more; what is on its way still reaches the listener until `forget`."""
        if interest._id in self._subs and self.is_connected:
            self._enqueue(unsub_cmd(interest._id, 0))

    def forget(self, interest: Interest) -> None:
        """End an interest; harmless to repeat."""
        self.silence(interest)
        self._subs.pop(interest._id, None)

    def send(self, subject: str, data: bytes, reply: str = "", headers: bytes = b"") -> None:
        """Queue a message for the next write; `headers` is a whole header block."""
        self._enqueue(hpub_cmd(subject, reply, headers, data) if headers else pub_cmd(subject, reply, data))

    async def close(self) -> None:
        """End the connection for good; nothing happens if it never began."""
        if self._flush_queue is not None:
            await super().close()

    def abort(self) -> None:
        """Drop the connection with what is unsent; nothing waits for a peer that does not read any more."""
        writer = getattr(self._transport, "_io_writer", None)
        if writer is not None:
            writer.transport.abort()

    def _enqueue(self, command: bytes) -> None:
        self._pending.append(command)
        self._pending_data_size += len(command)
        if self._flush_queue is not None and self._flush_queue.empty():
            self._flush_queue.put_nowait(asyncio.get_running_loop().create_future())

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        interest = self._subs.get(sid)
        if not isinstance(interest, Interest):
            return await super()._process_msg(sid, subject, reply, data, headers)
        status, reason = _parse_status(headers) if headers else (0, "")
        message = Message(subject.decode(), reply.decode(), data, status, reason, headers or b"")
        try:
            interest.listener(message)
        except Exception:
            # An error that left here would end the reader, and with it every other listener
            log.exception("a listener on %s failed", interest.subject)

    async def _attempt_reconnect(self) -> None:
        self._pending.clear()
        self._pending_data_size = 0
        # nats-py would first wait until a dead peer has read what was written to it
        self.abort()
        try:
            await super()._attempt_reconnect()
        except Exception:
            # nats-py would stay "reconnecting" for ever; closing here and now would cancel the task that closes
            log.exception("reconnecting to NATS failed in a way that nats-py does not foresee")
            self._ending = asyncio.create_task(self.close())


def _parse_status(headers: bytes) -> tuple[int, str]:
    if not headers.startswith(_STATUS):
        return 0, ""
    line = headers[len(_STATUS) : headers.index(b"\r\n")].decode()
    code, _, reason = line.partition(" ")
    return int(code), reason
