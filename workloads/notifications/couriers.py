"""What serves the jobs of each channel but the socket, wired from configuration."""

import asyncio
from functools import partial
from typing import Any

from notifications.adapters.postgres.contacts import PostgresContacts
from notifications.adapters.postgres.devices import PostgresDevices
from notifications.adapters.postgres.digests import PostgresDigests
from notifications.adapters.postgres.outbox import PostgresOutbox
from notifications.adapters.postgres.pool import Pool
from notifications.adapters.postgres.preferences import PostgresPreferences
from notifications.adapters.postgres.templates import PostgresTemplates
from notifications.adapters.prometheus.metrics import Metrics
from notifications.adapters.templates.engine import SandboxEngine
from notifications.app.consume import Serve
from notifications.app.courier import Carrier, Courier, Records
from notifications.app.email import EmailCarrier
from notifications.app.failover import Failover
from notifications.app.push import PushCarrier
from notifications.app.tracing import TracedCarrier
from notifications.app.webhook import WebhookCarrier
from notifications.channels import Channels, build_channels
from notifications.clock import make_id, now
from notifications.composing import build_composer
from notifications.config import WorkerConfig
from notifications.domain.breaker import State
from notifications.domain.jobs import Channel
from notifications.lifecycle import Life
from notifications.ports.tracing import Tracer


async def build_couriers(
    life: Life, config: WorkerConfig, pool: Pool, metrics: Metrics, tracer: Tracer | None
) -> dict[Channel, Serve]:
    """Return what serves each channel, until the process ends. Raises Misconfigured."""
    time, at_once = asyncio.get_running_loop().time, sum(config.queues.values())
    channels = await life.enter_async_context(build_channels(config.channels, now, time, at_once))
    watch_breakers(channels, metrics)
    engine = SandboxEngine()
    life.on_exit(engine.close)
    composer = build_composer(config, PostgresTemplates(pool), engine)
    contacts = PostgresContacts(pool)
    records = Records(PostgresOutbox(pool), PostgresDigests(pool), PostgresPreferences(pool))
    webhook, digest = config.channels.webhook, config.digest.read()
    carriers: list[Carrier] = [
        EmailCarrier(channels.email, contacts, composer),
        PushCarrier(channels.push, contacts, PostgresDevices(pool), composer, now),
        WebhookCarrier(channels.webhook, contacts, webhook.url if webhook else None),
    ]
    if tracer:
        carriers = [TracedCarrier(carrier, tracer) for carrier in carriers]
    return {carrier.channel: Courier(carrier, records, now, make_id, digest).serve for carrier in carriers}


def watch_breakers(channels: Channels, metrics: Metrics) -> None:
    """Show the breakers of each provider: one, or of Web Push and webhooks one for each server that is called."""
    text = "Circuit breakers in a state; an open one stays so until it is asked again."
    failovers: list[Failover[Any]] = [channels.email, channels.webhook, *channels.push.values()]
    for failover in failovers:
        for provider in failover.names:
            for state in State:
                read = partial(failover.count_breakers, provider, state)
                metrics.watch("provider_breakers", text, read, provider=provider, state=state)
