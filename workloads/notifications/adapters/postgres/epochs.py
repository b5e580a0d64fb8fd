"""Names for lives of something that can begin anew: the numbering of inboxes."""

import secrets
from typing import Final

from notifications.adapters.postgres.pool import CLOSE_TIMEOUT, COMMAND_TIMEOUT, Connection, answer, connect
from notifications.domain.errors import Unavailable

_INSERT: Final = """
INSERT INTO epochs (name, value, since) VALUES ('inbox', $1, now())
ON CONFLICT (name) DO NOTHING
"""
_REPLACE: Final = "UPDATE epochs SET value = $1, since = now() WHERE name = 'inbox'"


async def ensure_inbox_epoch(connection: Connection) -> None:
    """Name the numbering of inboxes, once in the life of a database."""
    await connection.execute(_INSERT, str(_random_epoch()))


async def new_inbox_epoch(uri: str) -> int:
    """Rename the numbering: after a restore from backup, numbers that clients have seen are given out again.

    Raises Misconfigured or Unavailable.
    """
    epoch = _random_epoch()
    connection = await connect(uri, COMMAND_TIMEOUT)
    try:
        await answer(connection, connection.execute(_REPLACE, str(epoch)), Unavailable)
    finally:
        await connection.close(timeout=CLOSE_TIMEOUT)
    return epoch


def _random_epoch() -> int:
    return 1 + secrets.randbelow(2**63 - 1)
