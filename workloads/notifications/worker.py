"""The worker process: serves the work queues and sweeps the outbox, wired from adapters."""

import argparse
import logging
from collections.abc import Mapping
from functools import partial

from notifications.adapters.http.listener import Listener
from notifications.adapters.http.management import Load, Management, Readiness
from notifications.adapters.nats.bus import NatsInboxBus
from notifications.adapters.nats.queue import JetStreamQueue
from notifications.adapters.postgres.held import PostgresHeld
from notifications.adapters.postgres.outbox import PostgresOutbox
from notifications.adapters.postgres.partitions import Partitions
from notifications.adapters.postgres.pool import Pool
from notifications.adapters.postgres.quotas import PostgresQuotas
from notifications.adapters.postgres.retention import Retention
from notifications.adapters.postgres.revocations import PostgresRevocations
from notifications.adapters.postgres.room_requests import PostgresRoomRequests
from notifications.adapters.postgres.submissions import PostgresSubmissions
from notifications.adapters.prometheus.metrics import Metrics
from notifications.app.consume import Consumer
from notifications.app.dispatch import Ledger, WebsocketDispatcher
from notifications.app.expand import Expander
from notifications.app.housekeeping import keep_house
from notifications.app.journal import Journal
from notifications.app.observed import ObservedQueue
from notifications.app.relay import Relay
from notifications.app.release import Releaser
from notifications.app.sweep import Sweeper
from notifications.app.tracing import trace_ports, trace_serving
from notifications.clock import make_id, now
from notifications.config import WorkerConfig, load_config, read_postgres_uri
from notifications.couriers import build_couriers
from notifications.domain.jobs import LANES, Channel, Lane
from notifications.domain.notification import wire_time
from notifications.garbage import search_rarely
from notifications.lifecycle import (
    START_WITHIN,
    Life,
    open_listener,
    open_nats,
    open_postgres,
    open_tracer,
    watch_postgres,
)
from notifications.logs import set_log_level
from notifications.patience import insist
from notifications.ports.queue import WorkQueue
from notifications.ports.store import OutboxStore
from notifications.ports.telemetry import Telemetry

_log = logging.getLogger(__name__)


async def run(arguments: argparse.Namespace) -> None:
    """Serve until told to stop; the jobs in hand are finished first."""
    config = load_config(arguments.config, WorkerConfig)
    set_log_level(config.log_level)
    readiness, metrics = Readiness(), Metrics()
    telemetry = Journal(metrics)
    async with Life() as life:
        life.keep(telemetry.run(), "journal")
        pool = await open_postgres(life, config.postgres, arguments.id)
        watch_postgres(pool, metrics)
        tracer = open_tracer(life, config.telemetry, "notifications-worker", arguments.id)
        # Before NATS, so that they are given back after the last job
        couriers = await build_couriers(life, config, pool, metrics, tracer)
        nats = await open_nats(life, config.nats, arguments.id)
        outbox, jobs = PostgresOutbox(pool), ObservedQueue(JetStreamQueue(nats, config.nats.replicas), telemetry)
        queue, bus = trace_ports(jobs, NatsInboxBus(nats), tracer)
        serve = {Channel.WEBSOCKET: WebsocketDispatcher(outbox, bus).serve, **couriers}
        lanes = [lane for lane in LANES if lane.queue in config.queues]
        consumers = {lane: Consumer(lane, config.queues[lane.queue], queue, telemetry) for lane in lanes}
        watch_lanes(consumers, metrics)
        load = report_load([*consumers.values()], outbox)
        management = Listener(Management(readiness, metrics.render, load).app())
        await open_listener(life, management, arguments.host, arguments.management_port)
        await insist(queue.ensure, START_WITHIN)
        settle = Ledger(outbox).settle
        for lane, consumer in consumers.items():
            life.keep(consumer.run(trace_serving(serve[lane.channel], tracer), settle), f"consumer {lane.name}")
        start_loops(life, config, pool, queue, telemetry)
        search_rarely()
        readiness.ready = True
        _log.info("ready", extra={"queues": config.queues})
        await life.until_told()
        readiness.ready = False
        _log.info("stopping", extra={"in_flight": sum(consumer.in_flight for consumer in consumers.values())})


def start_loops(life: Life, config: WorkerConfig, pool: Pool, queue: WorkQueue, telemetry: Telemetry) -> None:
    """Start what runs as long as the process, beside its consumers."""
    outbox = PostgresOutbox(pool)
    relay = Relay(queue, outbox, life.tasks)
    life.keep(Sweeper(queue, outbox, telemetry).run(), "sweeper")
    life.keep(Releaser(PostgresHeld(pool), relay.start).run(), "releaser")
    to_rooms = PostgresRoomRequests(pool, config.digest.read())
    life.keep(Expander(to_rooms, relay.start, telemetry, make_id, outbox).run(), "expander")
    forget = [PostgresSubmissions(pool).forget_keys, PostgresRevocations(pool).forget, PostgresQuotas(pool).forget]
    retention = Retention(lambda: read_postgres_uri(config.postgres.uri_file), config.retention_days)
    life.keep(keep_house(Partitions(pool), retention, forget, now), "housekeeping")


def watch_lanes(consumers: Mapping[Lane, Consumer], metrics: Metrics) -> None:
    """Show how many jobs of each lane are in hand."""
    for lane, consumer in consumers.items():
        read = partial(getattr, consumer, "in_flight")
        metrics.watch("queue_jobs_active", "Jobs in hand.", read, queue=lane.queue, channel=lane.channel)


def report_load(consumers: list[Consumer], outbox: OutboxStore) -> Load:
    """Return what answers `/load`. Queue figures are the whole fleet's: take the maximum over workers, not the sum."""

    async def load() -> dict[str, object]:
        backlog = await outbox.backlog()
        return {
            "role": "worker",
            "queues": {name: {"depth": b.depth, "oldestSeconds": round(b.oldest, 3)} for name, b in backlog.items()},
            "inFlight": sum(consumer.in_flight for consumer in consumers),
            "at": wire_time(now()),
        }

    return load
