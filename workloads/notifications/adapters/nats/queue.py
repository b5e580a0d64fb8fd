"""Work queues on one JetStream stream with a pull consumer for each lane."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from notifications.adapters.nats import streams
from notifications.adapters.nats.acknowledgement import read_acknowledgement
from notifications.adapters.nats.client import Message
from notifications.adapters.nats.connection import Connection
from notifications.adapters.nats.jetstream import nanoseconds
from notifications.adapters.nats.line import Line
from notifications.domain import subjects
from notifications.domain.errors import Unavailable
from notifications.domain.jobs import Job, Lane, pack, unpack
from notifications.domain.limits import JOB_LOCK

log: Final = logging.getLogger(__name__)

IN_FLIGHT: Final = 256


@dataclass(slots=True)
class JetStreamDelivery:
    """One job as a consumer handed it out; `losses` is the state of the connection on which it came."""

    job: Job
    deliveries: int
    _reply: str
    _losses: int
    _connection: Connection

    async def done(self) -> None:
        """Tell the server to remove the job."""
        self._check()
        self._connection.publish(self._reply, b"+ACK")

    async def retry(self, wait: float) -> None:
        """Hand the job out again after `wait` seconds."""
        await self._settle(b'-NAK {"delay": %d}' % nanoseconds(wait) if wait > 0 else b"-NAK")

    async def extend(self) -> None:
        """Renew the lock."""
        await self._settle(b"+WPI")

    async def _settle(self, verdict: bytes) -> None:
        self._check()
        answer = await self._connection.request(self._reply, verdict)
        if answer.status:
            raise Unavailable("the queue of this job is gone")

    def _check(self) -> None:
        if self._connection.losses != self._losses:
            # The server names a job by its number, and a server that lost its storage counts from 1 again
            raise Unavailable("NATS was away since the job was fetched: it will be handed out again")


class JetStreamQueue:
    """The port WorkQueue. `lock` is how long a job is hidden from other workers, in seconds."""

    def __init__(self, connection: Connection, replicas: int = 1, lock: float = JOB_LOCK) -> None:
        self._connection = connection
        self._replicas = replicas
        self._lock = lock
        self._idle: dict[Lane, list[Line]] = defaultdict(list)

    async def publish(self, jobs: Sequence[Job]) -> list[Job]:
        """Publish in groups that are in flight at once; raises Unavailable only if not one job was acknowledged."""
        taken: list[Job] = []
        for start in range(0, len(jobs), IN_FLIGHT):
            try:
                taken += await self._publish(jobs[start : start + IN_FLIGHT])
            except Unavailable:
                if not taken:
                    raise
                break
        return taken

    async def fetch(self, lane: Lane, limit: int, wait: float) -> Sequence[JetStreamDelivery]:
        """Return what is there, up to `limit`; if nothing is, the first that comes within `wait` seconds."""
        line = self._idle[lane].pop() if self._idle[lane] else Line(self._connection, lane)
        whole = False
        try:
            deliveries = await self._fetch(line, limit, wait)
            whole = True
        finally:
            if whole:
                self._idle[lane].append(line)
            else:
                line.abandon()
        return deliveries

    async def created(self) -> str | None:
        """Return when the stream was created, or None if it is gone."""
        return await streams.find_created(self._connection)

    async def ages(self) -> dict[Lane, float]:
        """Return how many seconds ago the oldest job of each lane was stored that is not done."""
        return await streams.find_ages(self._connection)

    async def ensure(self) -> str:
        """Create or update the stream and its consumers and return when the stream was created."""
        return await streams.ensure(self._connection, self._replicas, self._lock)

    async def _fetch(self, line: Line, limit: int, wait: float) -> list[JetStreamDelivery]:
        clock = asyncio.get_running_loop().time
        deadline = clock() + wait
        while True:
            losses = self._connection.losses
            messages = await line.pull(limit, max(deadline - clock(), 0.001))
            deliveries = [delivery for message in messages if (delivery := self._open(message, losses))]
            if deliveries or clock() >= deadline:
                return deliveries

    async def _publish(self, jobs: Sequence[Job]) -> list[Job]:
        questions = [(subjects.jobs(job.lane), pack(job), _headers(job)) for job in jobs]
        refusals = [_refusal(answer) for answer in await self._connection.ask_each(questions)]
        taken = [job for job, refusal in zip(jobs, refusals, strict=True) if refusal is None]
        if not taken:
            raise Unavailable(f"the work queue took no job: {refusals[0]}")
        return taken

    def _open(self, message: Message, losses: int) -> JetStreamDelivery | None:
        try:
            job = unpack(message.data)
        except (ValueError, KeyError, RecursionError) as error:
            told = {"event": "queue_error", "reason": type(error).__name__}  # its text may hold the message
            log.error("removed a message that is not a job", extra=told)  # noqa: TRY400 - its trace tells nothing
            self._connection.publish(message.reply, b"+TERM")
            return None
        return JetStreamDelivery(job, count_deliveries(message.reply), message.reply, losses, self._connection)


def count_deliveries(reply: str) -> int:
    """Read from an ack subject how often a message was handed out.

    `$JS.ACK.stream.consumer.N...`, or `$JS.ACK.domain.account.stream.consumer.N...` in the server's newer form.
    """
    tokens = reply.split(".")
    return int(tokens[4] if len(tokens) == 9 else tokens[6])


def _headers(job: Job) -> bytes:
    return f"NATS/1.0\r\nNats-Msg-Id: {job.id}\r\n\r\n".encode()


def _refusal(answer: Message | None) -> str | None:
    """Return why a job was not taken, or None if the server has stored it, now or before."""
    if answer is None:
        return "no acknowledgement"
    if answer.status:
        return "the stream is gone"
    error = read_acknowledgement(answer.data).error
    return error.description if error else None
