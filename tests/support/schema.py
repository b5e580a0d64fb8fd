"""Databases that hold our schema, as `notifications setup` leaves them."""

import asyncio
from datetime import UTC, datetime

from notifications.adapters.postgres.migrate import set_up
from tests.support.postgres import Postgres


def create_inbox_database(server: Postgres) -> str:
    """Make a database with the schema of this release and return its address. Not from within an event loop."""
    return server.create_database(server.template("inboxes", _prepare))


def _prepare(uri: str) -> None:
    asyncio.run(set_up(uri, datetime.now(UTC)))
