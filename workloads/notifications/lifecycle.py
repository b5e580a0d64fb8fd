"""The life of a process: start in order, serve until told to stop, stop in the reverse order."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any, Final

from notifications.adapters.http.listener import Listener
from notifications.adapters.nats.connection import Connection, connect
from notifications.adapters.postgres.migrate import require_set_up
from notifications.adapters.postgres.pool import Pool, open_pool
from notifications.adapters.postgres.replica import Replica
from notifications.adapters.prometheus.metrics import Metrics
from notifications.app.tasks import Tasks
from notifications.config import NatsConfig, PostgresConfig, TelemetryConfig, read_postgres_uri, read_secret
from notifications.domain.errors import Misconfigured
from notifications.patience import insist
from notifications.ports.tracing import Tracer

START_WITHIN: Final = 30.0  # seconds, for each server that is needed

_log = logging.getLogger(__name__)


class Life(AsyncExitStack):
    """What a process holds. Leaving it releases everything, last taken first, however the process ends.

    PostgreSQL is opened first, then NATS, then listeners: so listeners close first, then running work ends.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tasks = Tasks()
        self._over = asyncio.Event()
        self._starting: asyncio.Task[Any] | None = None
        self._failure: BaseException | None = None

    async def __aenter__(self) -> "Life":
        loop, self._starting = asyncio.get_running_loop(), asyncio.current_task()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        return self

    def on_exit(self, act: Callable[[], Awaitable[object]]) -> None:
        """Do this when the process ends, before what was taken earlier is released."""
        self.push_async_callback(act)

    def keep(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run something that must not end before the process does; if it does, the process ends with it."""
        self.tasks.start(self._keep(work, name), name)

    async def until_told(self) -> None:
        """Return at SIGTERM or SIGINT, which earlier cancel the start. Raises what ended a part that had to live."""
        self._starting = None
        await self._over.wait()
        if self._failure is not None:
            raise self._failure

    def _stop(self) -> None:
        self._over.set()
        if self._starting is not None:
            self._starting.cancel()

    async def _keep(self, work: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await work
            self._failure = RuntimeError(f"{name} ended")
        except Exception as error:
            _log.exception("%s failed: the process ends", name)
            self._failure = error
        self._over.set()


async def open_postgres(life: Life, config: PostgresConfig, name: str) -> Pool:
    """Connect to PostgreSQL until the process ends. Raises Misconfigured, or Unavailable after START_WITHIN seconds.

    A process that ended at once would be started again later and later.
    """
    uri = read_postgres_uri(config.uri_file)
    pool = await insist(lambda: open_pool(uri, config.pool_min, config.pool_max, name), START_WITHIN)
    life.on_exit(pool.close)
    await insist(lambda: require_set_up(pool), START_WITHIN)
    return pool


def watch_postgres(pool: Pool, metrics: Metrics) -> None:
    """Show whether PostgreSQL is left alone."""
    text = "1 while PostgreSQL has not answered for so long that it is left alone, but for trials."
    metrics.watch("postgres_silent", text, lambda: pool.is_silent)


async def open_replica(life: Life, config: PostgresConfig, primary: Pool, name: str) -> Replica | None:
    """Watch the read replica, if there is to be one, until the process ends. It may be away, now and later.

    Raises Misconfigured.
    """
    if config.replica_uri_file is None:
        return None
    pool = await open_pool(read_postgres_uri(config.replica_uri_file), 0, config.pool_max, name)
    life.on_exit(pool.close)
    life.on_exit(life.tasks.stop)  # what uses the connections ends before they do
    replica = Replica(primary, pool, asyncio.get_running_loop().time, life.tasks)
    life.keep(replica.run(), "replica check")
    return replica


async def open_nats(life: Life, config: NatsConfig, name: str) -> Connection:
    """Connect to NATS until the process ends; a client that is closed for good ends the process."""
    connection = await connect(config.servers, config.user, lambda: read_secret(config.password_file), name)
    life.on_exit(connection.close)
    life.keep(connection.ended(), "the connection to NATS")
    life.on_exit(life.tasks.stop)  # what uses the connections ends before they do
    return connection


def open_tracer(life: Life, config: TelemetryConfig | None, service: str, name: str) -> Tracer | None:
    """Send traces until the process ends, if they are configured."""
    if config is None:
        return None
    # Not before: what nobody needs costs a quarter of a second and 15 MB
    from notifications.adapters.otlp.tracer import OtlpTracer, Settings

    tracer = OtlpTracer(Settings(config.otlp_endpoint, config.sample_ratio, service, name))
    life.on_exit(tracer.close)
    return tracer


async def open_listener(life: Life, listener: Listener, host: str, port: int, *, reuse_port: bool = False) -> Listener:
    """Listen until the process ends. Raises Misconfigured for an address that cannot be had."""
    try:
        await listener.open(host, port, reuse_port=reuse_port)
    except OSError as error:
        raise Misconfigured(f"{host}:{port} cannot be listened on: {error.strerror}") from error
    life.on_exit(listener.close)
    return listener
