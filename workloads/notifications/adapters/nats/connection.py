"""One connection to NATS per process.

It outlives every outage, and fails at once what is asked meanwhile: nothing is kept for later, since the outbox and
the inbox are what repairs.
"""

import asyncio
import itertools
import logging
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from random import uniform
from typing import Any, Final

from nats.aio.client import Server
from nats.errors import Error

from notifications.adapters.nats.client import DirectClient, Interest, Listener, Message
from notifications.adapters.nats.deadline import within_time
from notifications.domain.errors import Misconfigured, TooLarge, Unavailable

log: Final = logging.getLogger(__name__)
_ERROR: Final = {"event": "nats_error"}

CONNECT_WITHIN: Final = 30.0
CLOSE_WITHIN: Final = 2.0
ANSWER_WITHIN: Final = 5.0
PROGRESS_EVERY: Final = 5.0
MAX_COMPLAINTS: Final = 20
MAX_BACKLOG: Final = 8 * 1024 * 1024

# nats-py gives up for good after 60 attempts and notices a dead peer after minutes unless told otherwise
OPTIONS: Final[dict[str, Any]] = {
    "allow_reconnect": True,
    "max_reconnect_attempts": -1,
    "connect_timeout": 2,
    "reconnect_time_wait": 0.5,
    "ping_interval": 10,
    "max_outstanding_pings": 2,
    "pending_size": MAX_BACKLOG,
    "flush_timeout": 2,
}

Question = tuple[str, bytes, bytes]
"""Subject, data and a whole header block, or none."""


def _fail(promise: asyncio.Future[Message], error: Exception) -> None:
    if not promise.done():
        promise.set_exception(error)


def _follow(promises: Sequence[asyncio.Future[Message]], leader: asyncio.Future[Message]) -> None:
    """Keep promises once another was kept; where it was not, the connection was lost, and they fail by themselves."""
    if not leader.cancelled() and not leader.exception():
        for promise in promises:
            _keep(promise, leader.result())


def _keep(promise: asyncio.Future[Message], message: Message) -> None:
    if not promise.done():
        promise.set_result(message)


class Connection:
    """Requests and interests on one client. Everything raises Unavailable while the server is away."""

    def __init__(self, user: str) -> None:
        self._client = DirectClient()
        # Below the user's name, so that the server may keep users from reading each other's answers
        self._inbox = f"_INBOX.{user}.{secrets.token_hex(8)}"
        self._numbers = itertools.count()
        self._awaited: dict[str, Listener] = {}
        self._promises: set[asyncio.Future[Message]] = set()
        self._to_flush: list[asyncio.Future[Message]] = []
        self._complaints: set[str] = set()
        self._closing = False
        self._closed = asyncio.Event()
        self.on_return: Callable[[], None] = _do_nothing
        """Called when the connection is back: what was sent to us meanwhile is lost."""
        self.on_loss: Callable[[], None] = _do_nothing
        """Called when the connection is lost, before anything can come over the next."""
        self.losses = 0
        """How often the connection was lost: what a server said before a loss may not hold after it."""

    @property
    def connected(self) -> bool:
        """Whether the server is there, as far as is known; a silent death is noticed after 30 s."""
        return self._client.is_connected

    @property
    def trouble(self) -> str:
        """Why the last attempt to connect failed."""
        return _describe(self._client.last_error) if self._client.last_error else "no answer yet"

    async def open(self, servers: Sequence[str], **options: Any) -> None:
        """Connect, retrying for ever."""
        callbacks: dict[str, Any] = {
            "error_cb": self._on_error,
            "disconnected_cb": self._on_loss,
            "reconnected_cb": self._on_return,
            "closed_cb": self._on_close,
            "reconnect_to_server_handler": _choose_server,
        }
        await self._client.connect(list(servers), **OPTIONS, **callbacks, **options)
        self._client.listen(f"{self._inbox}.*", self._on_answer)

    async def ended(self) -> None:
        """Return when the client is closed for good, on purpose or because the server refused it."""
        await self._closed.wait()

    async def close(self) -> None:
        """Send what is queued and close, within CLOSE_WITHIN seconds each."""
        self._closing = True
        if self.connected:
            with suppress(Unavailable):
                await self.flush(CLOSE_WITHIN)
        try:
            async with asyncio.timeout(CLOSE_WITHIN):
                await self._client.close()
        except TimeoutError:
            self._client.abort()
        self._closed.set()

    def listen(self, subject: str, listener: Listener) -> Interest:
        """Call `listener` for each message on `subject` from the next `flush` on, over all reconnects."""
        return self._client.listen(subject, listener)

    def forget(self, interest: Interest) -> None:
        """End an interest at once; harmless to repeat, also without a server."""
        self._client.forget(interest)

    def retire(self, interest: Interest) -> None:
        """End an interest as soon as everything that was already on its way has reached the listener."""
        self._client.silence(interest)
        try:
            self._echo().add_done_callback(lambda _: self.forget(interest))
        except Unavailable:
            self.forget(interest)

    def make_inbox(self) -> str:
        """Return a subject of our own that nobody has used."""
        return f"{self._inbox}.{next(self._numbers)}"

    def promise(
        self, reply: str | None = None, keep: Callable[[asyncio.Future[Message], Message], None] = _keep
    ) -> asyncio.Future[Message]:
        """Return a future that fails with Unavailable when the connection is lost, kept by what comes to `reply`."""
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._promises.add(future)
        if reply is not None:
            self._awaited[reply] = partial(keep, future)
        future.add_done_callback(partial(self._on_done, reply))
        return future

    def publish(self, subject: str, data: bytes, reply: str = "", headers: bytes = b"") -> None:
        """Send a message that nothing confirms."""
        if not self.connected:
            raise Unavailable("NATS is not connected")
        if self._client.backlog > MAX_BACKLOG:
            raise Unavailable("NATS takes messages slower than they are sent")
        if len(data) > self._client.max_payload:
            # The server would close the connection for it
            raise TooLarge(f"a message of {len(data)} bytes is more than NATS takes ({self._client.max_payload})")
        self._client.send(subject, data, reply, headers)

    def ask(self, subject: str, data: bytes, headers: bytes = b"") -> asyncio.Future[Message]:
        """Send a message and return the promise of its answer; cancel it to give up."""
        reply = self.make_inbox()
        self.publish(subject, data, reply, headers)
        return self.promise(reply)

    async def request(self, subject: str, data: bytes, within: float = ANSWER_WITHIN) -> Message:
        """Send a message and return the first answer; its status is 503 if nobody listens."""
        return await within_time(self.ask(subject, data), within, subject)

    async def ask_each(self, questions: Sequence[Question], within: float = ANSWER_WITHIN) -> list[Message | None]:
        """Send messages at once and return the answer to each, None where there was none in time.

        All share one promise, which is far cheaper than one each. Raises Unavailable if nothing can be sent, or if the
        connection was lost before the first answer.
        """
        answers: dict[str, Message | None] = dict.fromkeys(self.make_inbox() for _ in questions)
        missing, whole = set(answers), self.promise()

        def take(message: Message) -> None:
            answers[message.subject] = message
            missing.discard(message.subject)
            if not missing and not whole.done():
                whole.set_result(message)

        try:
            for reply, (subject, data, headers) in zip(answers, questions, strict=True):
                self._awaited[reply] = take
                self.publish(subject, data, reply, headers)
            await asyncio.wait([whole], timeout=within)
        finally:
            for reply in answers:
                self._awaited.pop(reply, None)
            whole.cancel()
        if len(missing) == len(answers) and not whole.cancelled() and (error := whole.exception()):
            raise error
        return list(answers.values())

    async def flush(self, within: float = ANSWER_WITHIN) -> None:
        """Return when the server has processed all that was sent before. All of one turn of the loop share one echo."""
        flushed = self.promise()
        if not self._to_flush:
            asyncio.get_running_loop().call_soon(self._send_echo)
        self._to_flush.append(flushed)
        await within_time(flushed, within, "a flush")

    def _send_echo(self) -> None:
        waiting, self._to_flush = self._to_flush, []
        try:
            echo = self._echo()
        except Unavailable as error:
            for flushed in waiting:
                _fail(flushed, error)
        else:
            echo.add_done_callback(partial(_follow, waiting))

    def _echo(self) -> asyncio.Future[Message]:
        # A message to ourselves: nats-py's flush() writes its PING past what is still queued, so a PONG proves nothing
        inbox = self.make_inbox()
        self.publish(inbox, b"")
        return self.promise(inbox)

    def _on_done(self, reply: str | None, future: asyncio.Future[Message]) -> None:
        self._promises.discard(future)
        if reply is not None:
            self._awaited.pop(reply, None)
        if not future.cancelled():
            # Whoever gave up waiting need not hear of it
            future.exception()

    def _on_answer(self, message: Message) -> None:
        take = self._awaited.get(message.subject)
        if take is not None:
            take(message)

    async def _on_loss(self) -> None:
        self.losses += 1
        self.on_loss()
        if not self._closing:
            log.warning("the connection to NATS is lost, reconnecting", extra=_ERROR)
        for future in list(self._promises):
            _fail(future, Unavailable("the connection to NATS was lost"))

    async def _on_return(self) -> None:
        self._complaints.clear()
        log.info("NATS is back")
        self.on_return()

    async def _on_error(self, error: Exception) -> None:
        # Called for each attempt of an outage; one line for each kind of trouble is enough
        complaint = _describe(error)
        if complaint not in self._complaints and len(self._complaints) < MAX_COMPLAINTS and not self._closing:
            self._complaints.add(complaint)
            log.warning("NATS: %s", complaint, extra=_ERROR)

    async def _on_close(self) -> None:
        if not self._closing:
            log.error("the connection to NATS is closed for good", extra=_ERROR)
        self._closed.set()


async def connect(
    servers: Sequence[str], user: str, password: str | Callable[[], str], name: str, within: float = CONNECT_WITHIN
) -> Connection:
    """Connect to the first server that answers, saying every 5 s what is waited for.

    A password that is a function is called for each attempt, so that it can change while the process runs.
    Raises Unavailable after `within` seconds, and Misconfigured for an address that cannot be one.
    """
    connection = Connection(user)
    opening = asyncio.create_task(connection.open(servers, user=user, password=password, name=name))
    opened = False
    try:
        await _wait_for(opening, connection, ", ".join(servers), within)
        opened = True
    finally:
        if not opened:
            opening.cancel()
            await asyncio.wait([opening], timeout=CLOSE_WITHIN)
            await connection.close()
    return connection


async def _wait_for(opening: asyncio.Task[None], connection: Connection, servers: str, within: float) -> None:
    try:
        async with asyncio.timeout(within):
            while not (await asyncio.wait([opening], timeout=PROGRESS_EVERY))[0]:
                log.info("waiting for NATS at %s: %s", servers, connection.trouble)
    except TimeoutError as error:
        raise Unavailable(f"no NATS at {servers} within {within:g} s: {connection.trouble}") from error
    try:
        await opening
    except (ValueError, Error) as error:
        raise Misconfigured(f"{servers} is not an address of a NATS server: {error}") from error


def _do_nothing() -> None:
    """Nobody wants to know."""


def _choose_server(servers: list[Server], _: dict[str, Any]) -> tuple[Server, float]:
    """Return the server tried least, and a pause in seconds that differs between the processes of a fleet."""
    server = min(servers, key=lambda server: server.reconnects)
    return server, uniform(0.25, 1.0) if server.reconnects else uniform(0.0, 0.25)  # noqa: S311 - no secret


def _describe(error: Exception) -> str:
    return str(error) or type(error).__name__
