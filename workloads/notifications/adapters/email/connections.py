"""A bounded pool of SMTP connections: TLS and login are paid once for many mails."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from aiosmtplib import SMTP, SMTPException

from notifications.domain.limits import SMTP_IDLE, SMTP_MAILS

GOODBYE: Final = 2.0


@dataclass(slots=True)
class _Idle:
    """A connection that nobody uses, and what ends it."""

    connection: SMTP
    uses: int
    end: asyncio.TimerHandle


class Connections:
    """At most `limit` connections at once; `dial` opens one that is logged in."""

    def __init__(self, dial: Callable[[], Awaitable[SMTP]], limit: int) -> None:
        self._dial = dial
        self._room = asyncio.Semaphore(limit)
        self._idle: list[_Idle] = []

    @contextlib.asynccontextmanager
    async def lend(self) -> AsyncIterator[SMTP]:
        """Lend a connection, waiting for one; after any error it is closed, for its state is not known."""
        async with self._room:
            connection, uses = self._take() or (await self._dial(), 0)
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            self._keep(connection, uses + 1)

    async def close(self) -> None:
        """Say goodbye on all that are idle, within GOODBYE seconds."""
        idle, self._idle = self._idle, []
        for each in idle:
            each.end.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE):
                await asyncio.gather(*(_quit(each.connection) for each in idle))
        for each in idle:
            each.connection.close()

    def _take(self) -> tuple[SMTP, int] | None:
        while self._idle:
            idle = self._idle.pop()
            idle.end.cancel()
            if idle.connection.is_connected:
                return idle.connection, idle.uses
        return None

    def _keep(self, connection: SMTP, uses: int) -> None:
        if uses >= SMTP_MAILS or not connection.is_connected:
            connection.close()
            return
        end = asyncio.get_running_loop().call_later(SMTP_IDLE, self._drop, connection)
        self._idle.append(_Idle(connection, uses, end))

    def _drop(self, connection: SMTP) -> None:
        self._idle = [idle for idle in self._idle if idle.connection is not connection]
        connection.close()


async def _quit(connection: SMTP) -> None:
    with contextlib.suppress(SMTPException, OSError):
        await connection.quit()
