"""How a gateway leaves, wired from adapters."""

import logging
import random
from collections.abc import Awaitable, Callable

from notifications.adapters.prometheus.metrics import Metrics
from notifications.app.drain import Drain, Passages
from notifications.app.fleet import Fleet
from notifications.app.hub import Hub
from notifications.config import GatewayConfig
from notifications.domain.pace import Pace

_log = logging.getLogger(__name__)


def open_drain(
    config: GatewayConfig, hub: Hub, fleet: Fleet, passages: Passages, metrics: Metrics
) -> Callable[[Callable[[], Awaitable[None]]], Awaitable[None]]:
    """Return what moves the clients away, once; it is given what ends listening. Metrics tell how far that is."""
    pace = Pace(config.drain.max_reconnects_per_second, config.connection_limit, config.drain.within_seconds)
    drain = Drain(hub, fleet, pace, random.Random(), passages)  # noqa: S311 - spreads clients
    metrics.watch("websocket_drain_remaining", "Clients still to be moved.", lambda: drain.remaining)
    metrics.watch("websocket_drain_rate", "Clients moved a second.", lambda: drain.rate)

    async def run(stop_listening: Callable[[], Awaitable[None]]) -> None:
        _log.info("draining", extra={"connections": len(hub), "passages": len(passages())})
        await drain.run(stop_listening)

    return run
