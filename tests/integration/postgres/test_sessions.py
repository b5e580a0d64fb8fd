"""Each connection of a pool has the bounds that it asks for: a gateway that vanished keeps no lock and no server."""

import re

from notifications.adapters.postgres.pool import SESSION, Pool

MILLISECONDS = re.compile(r"(\d+)(s?)")


def read(setting: str) -> int:
    """Milliseconds, of a time as PostgreSQL is asked for it."""
    found = MILLISECONDS.fullmatch(setting)
    assert found
    return int(found[1]) * (1000 if found[2] else 1)


async def test_the_server_has_what_a_session_asks_for(pool: Pool) -> None:
    times = [name for name in SESSION if name.endswith("_timeout")]
    rows = await pool.read("SELECT name, setting FROM pg_settings WHERE name = ANY($1)", times)
    told = {row["name"]: int(row["setting"]) for row in rows}
    asked = {name: read(SESSION[name]) for name in times}
    assert told == asked
    query = "SELECT current_setting('tcp_keepalives_idle')::int AS idle, current_setting('jit') AS jit"
    (alive,) = await pool.read(query)
    assert (alive["idle"], alive["jit"]) == (10, "off")
