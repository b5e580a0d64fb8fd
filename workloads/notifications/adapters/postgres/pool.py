"""Connections to PostgreSQL, and what their failures mean to the caller.

Every wait is bounded, and the server gives up before the client does: an answer that says "rolled back" beats silence.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, TypeAlias, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from notifications.adapters.postgres.silence import Silence
from notifications.domain.errors import CommitUnknown, Contended, Misconfigured, Unavailable

_log = logging.getLogger(__name__)
T = TypeVar("T")
Record: TypeAlias = asyncpg.Record
Connection: TypeAlias = "asyncpg.Connection[Record] | PoolConnectionProxy[Record]"

CONNECT_TIMEOUT: Final = 5.0
ACQUIRE_TIMEOUT: Final = 5.0
COMMAND_TIMEOUT: Final = 5.0
CLOSE_TIMEOUT: Final = 5.0
ATTEMPTS: Final = 3
# asyncpg replaces a connection after this many queries; its default of 50,000 is a few seconds of work here
MAX_QUERIES: Final = 10_000_000
# In seconds. A plan that was made while its tables were empty, as they are at first and at every beginning of a month,
# reads them whole; by itself it is made again only when they are analysed, which is minutes later
PLAN_LIFETIME: Final = 10

SESSION: Final = {
    "statement_timeout": "4s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "10s",
    # A gateway that vanished without a word must not keep its locks
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20000",
    "jit": "off",
}

_NO_CONNECTION = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_REFUSALS = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError)
_CONFLICTS = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
# The server said that nothing was done: statement cancelled, lock not available, transaction idle for too long,
# read-only after a failover, out of resources, a disk that fails
_UNDONE = ("25P03", "25P04", "25006", "53", "58")
# Nor here: a lock was not available, or waiting for one outlasted the statement
_CONTENDED = ("55P03", "57014", "40P01", "40001")
# The connection went away, or the server did
_CUT = ("08", "57", "40003")


class Pool:
    """A pool whose methods raise Unavailable, or CommitUnknown where a write may have happened; nothing else of asyncpg
    escapes but errors that mean a mistake in our SQL."""

    def __init__(self, connections: "asyncpg.Pool[Record]", silence: Silence) -> None:
        self._connections = connections
        self._silence = silence

    @property
    def is_silent(self) -> bool:
        """Whether the server has not answered for so long that it is left alone."""
        return self._silence.is_open

    async def read(self, query: str, *arguments: object) -> list[Record]:
        """Run one reading statement and return its rows."""
        async with self._acquire() as connection:
            return await answer(connection, connection.fetch(query, *arguments), Unavailable)

    async def write(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run `work` with a connection and return its result; a deadlock is tried again up to ATTEMPTS times."""
        for _ in range(ATTEMPTS - 1):
            try:
                return await self._write_once(work)
            except Unavailable as error:
                if not isinstance(error.__cause__, _CONFLICTS):
                    raise
        return await self._write_once(work)

    async def close(self) -> None:
        """Close idle connections now and busy ones when their work is done, within CLOSE_TIMEOUT."""
        try:
            await asyncio.wait_for(self._connections.close(), CLOSE_TIMEOUT)
        except TimeoutError:
            self._connections.terminate()

    async def _write_once(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        async with self._acquire() as connection:
            return await answer(connection, work(connection), CommitUnknown)

    @asynccontextmanager
    async def _acquire(self) -> AsyncIterator[Connection]:
        permit = self._silence.admit() if self._silence.suspected else None
        try:
            try:
                connection = await self._connections.acquire(timeout=ACQUIRE_TIMEOUT)
            except _NO_CONNECTION as error:
                raise _tell(Unavailable(f"no connection to the database ({type(error).__name__})")) from error
            try:
                yield connection
            finally:
                # A connection that breaks now is replaced; what it was used for is known already
                with suppress(*_NO_CONNECTION):
                    await self._connections.release(connection)
        except Unavailable as error:
            self._silence.settle(permit, silent=isinstance(error.__cause__, TimeoutError))
            raise
        except BaseException:
            self._silence.forget(permit)
            raise
        if permit is not None:
            self._silence.settle(permit, silent=False)


async def open_pool(uri: str, minimum: int, maximum: int, name: str = "notifications") -> Pool:
    """Open `minimum` connections and return when they are usable. `name` is what pg_stat_activity shows.

    Raises Misconfigured for a URI that the server or we cannot accept, Unavailable if there is no answer.
    """
    connections = asyncpg.create_pool(
        _checked(uri),
        min_size=minimum,
        max_size=maximum,
        max_queries=MAX_QUERIES,
        max_cached_statement_lifetime=PLAN_LIFETIME,
        timeout=CONNECT_TIMEOUT,
        command_timeout=COMMAND_TIMEOUT,
        server_settings={**SESSION, "application_name": name},
        reset=_keep,
    )
    # Whoever needs the database reports an outage; asyncpg would add a traceback a second
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)
    await _connected(connections)
    return Pool(connections, Silence(asyncio.get_running_loop().time))


async def connect(uri: str, patience: float) -> "asyncpg.Connection[Record]":
    """Open one connection outside any pool whose statements may take `patience` seconds. Raises as `open_pool` does."""
    return await _connected(asyncpg.connect(_checked(uri), timeout=CONNECT_TIMEOUT, command_timeout=patience))


def _checked(uri: str) -> str:
    """Return the URI; asyncpg would take an empty one for leave to look elsewhere."""
    if not uri.startswith(("postgresql://", "postgres://")):
        raise Misconfigured("the PostgreSQL URI must begin with postgresql://")
    return uri


async def _connected(attempt: Awaitable[T]) -> T:
    try:
        return await attempt
    except _REFUSALS as error:
        raise Misconfigured(f"the database refuses the connection: {error}") from error
    except (ValueError, asyncpg.ClientConfigurationError) as error:
        # Not its text, which quotes the URI
        raise Misconfigured("the PostgreSQL URI cannot be understood") from error
    except _NO_CONNECTION as error:
        raise Unavailable(f"no connection to the database ({type(error).__name__})") from error


async def answer(connection: Connection, statement: Awaitable[T], lost: type[Unavailable]) -> T:
    """Wait for a statement; raise `lost` when the connection fails before its answer was read."""
    try:
        return await statement
    except asyncpg.InterfaceError as error:
        # Raised before anything is sent, also for misuse; only a closed connection is the world's fault
        if not _is_closed(connection):
            raise
        raise _tell(Unavailable("the connection to the database was closed")) from error
    except asyncpg.InternalClientError as error:
        # asyncpg was told of the server's end before the socket was
        connection.terminate()
        raise _tell(lost("the connection to the database broke")) from error
    except (OSError, TimeoutError) as error:
        raise _tell(lost(f"the database did not answer ({type(error).__name__})")) from error
    except asyncpg.PostgresError as error:
        error.detail = None  # it quotes the row, and whoever logs the error would tell what somebody was told
        meaning = _meaning(error.sqlstate, lost)
        if meaning is None:
            raise
        raise _tell(meaning(f"the database cannot do it now ({type(error).__name__})")) from error


def _tell(error: Unavailable) -> Unavailable:
    _log.warning("PostgreSQL failed", extra={"event": "postgres_error", "reason": str(error)})
    return error


def _is_closed(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        # The pool has dropped it already
        return True


def _meaning(sqlstate: str | None, lost: type[Unavailable]) -> type[Unavailable] | None:
    """Return the error for a code of the server (or of asyncpg, class 08), None for our own mistakes."""
    if sqlstate is None:
        return None
    if sqlstate in _CONTENDED:
        return Contended
    if sqlstate.startswith(_UNDONE):
        return Unavailable
    return lost if sqlstate.startswith(_CUT) else None


async def _keep(connection: Any) -> None:
    """Replace asyncpg's reset, a round trip after every use: nothing here changes a session beyond its transaction."""
