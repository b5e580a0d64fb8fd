"""Asks a process whether it is ready. A probe returns None when it is, else what it is still waiting for."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp

Probe = Callable[[int | None], Awaitable[str | None]]

PATIENCE = aiohttp.ClientTimeout(total=2)


def probe_http(session: aiohttp.ClientSession, url: str) -> Probe:
    """Return the probe of a process that is ready when `url` answers 200."""

    async def probe(_pid: int | None) -> str | None:
        try:
            async with session.get(url, timeout=PATIENCE) as response:
                return None if response.status == 200 else f"GET {url} answers {response.status}"
        except (aiohttp.ClientError, TimeoutError):
            return f"GET {url} gets no answer"

    return probe


def probe_postgres(data: Path) -> Probe:
    """Return the probe of a PostgreSQL on `data`, which says in its pid file how far it is, as pg_ctl reads it."""

    async def probe(pid: int | None) -> str | None:
        lines = _read_lines(data / "postmaster.pid")
        if len(lines) < 8 or lines[0] != str(pid):
            return "PostgreSQL has not begun to start"
        return None if lines[7].strip() == "ready" else f"PostgreSQL says {lines[7].strip()}"

    return probe


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except FileNotFoundError:
        return []
