"""The management port: probes and metrics over HTTP.

`/healthz` fails when work or watches have been stuck for longer than their own retries take, so that a restart helps.
Much work is no reason: a restart would only begin it anew.
`/readyz` is fine for the leader and for those who wait to lead.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from .errors import PortTaken
from .metrics import CONTENT_TYPE, Engine, Metrics, Reading

LONGEST_WATCH_AGE: Final = 150.0  # a silent watch is opened anew after 70 s
LONGEST_QUEUE_STALL: Final = 120.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen."""

    host: str
    port: int


@asynccontextmanager
async def serve_management(address: Address, engine: Engine, metrics: Metrics) -> AsyncIterator[Address]:
    """Answer while the context lasts; yield where. Raise PortTaken when somebody else listens there."""

    async def answer_health(_: web.Request) -> web.Response:
        complaint = find_complaint(engine.read())
        return web.Response(status=503 if complaint else 200, text=f"{complaint or 'ok'}\n")

    async def answer_readiness(_: web.Request) -> web.Response:
        return web.Response(text="leads\n" if engine.read().leads else "waits to lead\n")

    async def show_metrics(_: web.Request) -> web.Response:
        return web.Response(body=metrics.show(engine.read()), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.router.add_get("/healthz", answer_health)
    app.router.add_get("/readyz", answer_readiness)
    app.router.add_get("/metrics", show_metrics)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        yield await _listen(runner, address)
    finally:
        await runner.cleanup()


def find_complaint(reading: Reading) -> str | None:
    """Return why this process had better be started anew, or None."""
    if reading.watch_age > LONGEST_WATCH_AGE:
        return f"a change {reading.watch_age:.0f} s ago was never told by a watch"
    if reading.queue_stall > LONGEST_QUEUE_STALL:
        return f"no work was finished for {reading.queue_stall:.0f} s"
    return None


async def _listen(runner: web.AppRunner, address: Address) -> Address:
    site = web.TCPSite(runner, address.host, address.port)
    try:
        await site.start()
    except OSError as error:
        raise PortTaken(f"port {address.port} is taken: choose another with --management-port") from error
    return Address(address.host, int(runner.addresses[0][1]))
