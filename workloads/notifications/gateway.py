"""The gateway process: sockets and REST on one port, wired from adapters."""

import argparse
import asyncio
import logging
from dataclasses import dataclass

from notifications.adapters.http.application import build_application
from notifications.adapters.http.dead_letters import DeadLettersApi
from notifications.adapters.http.demo import demo_routes
from notifications.adapters.http.devices import DevicesApi
from notifications.adapters.http.front import Shortcuts
from notifications.adapters.http.headers import UNLESS_SAID
from notifications.adapters.http.intake import Intake
from notifications.adapters.http.listener import AbstractRouteDef, Api, Listener
from notifications.adapters.http.management import Load, Management, Readiness
from notifications.adapters.http.notifications import NotificationsApi
from notifications.adapters.http.preferences import PreferencesApi
from notifications.adapters.http.reference import Reference
from notifications.adapters.http.revocations import RevocationsApi
from notifications.adapters.http.rooms import RoomsApi
from notifications.adapters.http.templates import TemplatesApi
from notifications.adapters.http.tracing import trace_accepting
from notifications.adapters.http.unsubscribe import UnsubscribeApi
from notifications.adapters.http.users import UsersApi
from notifications.adapters.jwt.keys import load_keys
from notifications.adapters.jwt.minter import TokenMinter
from notifications.adapters.jwt.verifier import TokenVerifier
from notifications.adapters.nats.bus import NatsFleetBus, NatsInboxBus
from notifications.adapters.nats.connection import Connection
from notifications.adapters.nats.queue import JetStreamQueue
from notifications.adapters.nats.revocations import NatsRevocationBus
from notifications.adapters.nats.roll import NatsRollBus
from notifications.adapters.nats.spend import NatsSpendBus
from notifications.adapters.postgres.contacts import PostgresContacts
from notifications.adapters.postgres.dead_letters import PostgresDeadLetters
from notifications.adapters.postgres.devices import PostgresDevices
from notifications.adapters.postgres.inbox import PostgresInbox
from notifications.adapters.postgres.outbox import PostgresOutbox
from notifications.adapters.postgres.pool import Pool
from notifications.adapters.postgres.preferences import PostgresPreferences
from notifications.adapters.postgres.replica import Replica
from notifications.adapters.postgres.requests import PostgresRequests
from notifications.adapters.postgres.revocations import PostgresRevocations
from notifications.adapters.postgres.room_requests import PostgresRoomRequests
from notifications.adapters.postgres.rooms import PostgresRooms
from notifications.adapters.postgres.submissions import PostgresSubmissions
from notifications.adapters.postgres.templates import PostgresTemplates
from notifications.adapters.prometheus.metrics import Metrics
from notifications.adapters.prometheus.process import ProcessGauge
from notifications.adapters.socketio.entrance import Entrance
from notifications.adapters.socketio.events import ClientEvents
from notifications.adapters.socketio.forward import Forwarder
from notifications.adapters.socketio.send_events import SendEvents
from notifications.adapters.socketio.server import SocketServer
from notifications.adapters.templates.content import clean
from notifications.adapters.templates.engine import SandboxEngine
from notifications.app.accept import Acceptor
from notifications.app.admission import Admission, Depth
from notifications.app.delivered import DeliveryMarks
from notifications.app.direct import DirectOffers, Reach
from notifications.app.fleet import Fleet
from notifications.app.hub import Hub
from notifications.app.journal import Journal
from notifications.app.observed import ObservedQueue
from notifications.app.phrasing import Phrasing
from notifications.app.proof import Proofreader
from notifications.app.read_state import ReadState
from notifications.app.relay import Relay
from notifications.app.revocations import Revocations
from notifications.app.roll_call import Allowance, RollCall
from notifications.app.session import Session
from notifications.app.tracing import trace_ports
from notifications.app.upkeep import dismiss_revoked, keep_sessions
from notifications.clock import make_id, now
from notifications.composing import read_unsubscribe_keys
from notifications.config import GatewayConfig, ProducerLimits, load_config
from notifications.domain.notification import wire_time
from notifications.domain.principal import Principal
from notifications.domain.rate import Rate
from notifications.draining import open_drain
from notifications.emits import Place, open_broadcasts, open_quotas
from notifications.garbage import search_rarely
from notifications.keys import open_verifier
from notifications.lifecycle import (
    START_WITHIN,
    Life,
    open_listener,
    open_nats,
    open_postgres,
    open_replica,
    open_tracer,
    watch_postgres,
)
from notifications.logs import set_log_level
from notifications.patience import insist
from notifications.permission import open_permits
from notifications.ports.bus import Beacon
from notifications.ports.telemetry import Telemetry
from notifications.ports.tracing import Tracer
from notifications.presence import open_presence
from notifications.protection import build_policy, open_budget, watch_overload
from notifications.topics import open_topics

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backends:
    """What the process stands on."""

    pool: Pool
    nats: Connection
    telemetry: Telemetry
    tracer: Tracer | None
    replica: Replica | None


@dataclass(frozen=True, slots=True)
class Gateway:
    """The parts of a gateway that its life touches."""

    hub: Hub
    fleet: Fleet
    marks: DeliveryMarks
    server: SocketServer
    entrance: Entrance
    depth: Depth
    revocations: Revocations
    roll_call: RollCall
    routes: list[AbstractRouteDef]
    intake: Intake
    forwarder: Forwarder


async def run(arguments: argparse.Namespace) -> None:
    """Serve until told to stop, then drain."""
    config = load_config(arguments.config, GatewayConfig)
    set_log_level(config.log_level)
    readiness, metrics = Readiness(), Metrics()
    telemetry = Journal(metrics)
    async with Life() as life:
        life.keep(telemetry.run(), "journal")
        verifier = await open_verifier(life, config.auth)
        pool = await open_postgres(life, config.postgres, arguments.id)
        watch_postgres(pool, metrics)
        if replica := await open_replica(life, config.postgres, pool, arguments.id):
            watch_replica(replica, metrics)
        nats = await open_nats(life, config.nats, arguments.id)
        tracer = open_tracer(life, config.telemetry, "notifications-gateway", arguments.id)
        backends = Backends(pool, nats, telemetry, tracer, replica)
        gateway = await build_gateway(life, arguments, config, verifier, backends)
        drain = open_drain(config, gateway.hub, gateway.fleet, gateway.forwarder.passages, metrics)
        load = report_load(gateway, config.connection_limit, metrics, arguments.id)
        management = Management(readiness, metrics.render, load)
        await open_listener(life, Listener(management.app()), arguments.host, arguments.management_port)
        await insist(gateway.revocations.look, START_WITHIN)
        # Before clients come: a gateway that thinks it is alone offers nothing to others
        life.keep(gateway.fleet.run(), "fleet")
        public = await open_doors(life, arguments, config, gateway, tracer)
        start_loops(life, gateway)
        search_rarely()
        readiness.ready = True
        _log.info("ready", extra={"host": arguments.host, "port": arguments.port})

        async def stop_opening() -> None:
            gateway.server.closing = True
            await public.stop()

        await life.until_told()
        readiness.ready = False
        await drain(stop_opening)
        await gateway.marks.flush()


async def build_gateway(
    life: Life, arguments: argparse.Namespace, config: GatewayConfig, verifier: TokenVerifier, backends: Backends
) -> Gateway:
    """Wire the parts."""
    pool, nats, telemetry, tasks = backends.pool, backends.nats, backends.telemetry, life.tasks
    inbox = PostgresInbox(pool, backends.replica)
    inboxes = NatsInboxBus(nats)
    queue, bus = trace_ports(ObservedQueue(JetStreamQueue(nats), telemetry), inboxes, backends.tracer)
    kept = PostgresRevocations(pool)
    revocations = Revocations(kept, NatsRevocationBus(nats), now)

    def verify(token: object) -> Principal:
        return revocations.check(verifier.verify(token))

    marks = DeliveryMarks(inbox, now, telemetry)
    hub = Hub(arguments.id, inbox, bus, marks, tasks)
    nats.on_return = lambda: hub.watch.soon(*hub.owners())
    revocations.on_change = lambda: dismiss_revoked(hub, revocations.check)
    read_state = ReadState(inbox, bus, hub.offer, telemetry)
    outbox = PostgresOutbox(pool)
    relay, digest = Relay(queue, outbox, tasks), config.digest.read()
    address = f"{arguments.advertise or arguments.host}:{arguments.internal_port or arguments.port}"
    loop = asyncio.get_running_loop()
    fleet = Fleet(Beacon(arguments.id, address, draining=False), NatsFleetBus(nats), loop.time, tasks)
    # Only what goes over the bus is traced
    reach = Reach(bus, hub, lambda: fleet.is_alone and backends.tracer is None)
    offers = DirectOffers(reach, outbox, relay.start, now, tasks)
    acceptor = Acceptor(PostgresSubmissions(pool, digest), offers.start, telemetry, tasks)
    depth = Depth(outbox)
    admit = Admission(depth, producer_rate(config.limits.producers), lambda: len(fleet), loop.time).admit
    rooms = PostgresRooms(pool)
    topics = await open_topics(life, config, nats, rooms, verify)
    permits = open_permits(life, hub, topics.board, topics.access)

    def refresh(session: Session, token: object) -> Principal:
        return hub.refresh(session, verify(token))

    requests, to_rooms = PostgresRequests(pool), PostgresRoomRequests(pool, digest)
    notifications = NotificationsApi(verify, admit, acceptor, inbox, requests, to_rooms, read_state, now, make_id)
    quotas = open_quotas(pool, config.limits)
    presence = open_presence(life, nats, topics, verify)
    others = {**topics.events.handlers, **presence.handlers, **SendEvents(quotas, notifications.send).handlers}
    events = ClientEvents(inbox, read_state, refresh, others, telemetry)
    allowance = Allowance(config.limits.connections_per_user, now, loop.time)
    roll_call = RollCall(arguments.id, hub, NatsRollBus(nats, inboxes), allowance)
    server = SocketServer(arguments.id, verify, roll_call, events.serve, telemetry)
    hub.recovery, server.on_farewell = topics.recovery, topics.recovery.forget
    events.spend = open_budget(life, config.limits, NatsSpendBus(nats, arguments.id), roll_call, fleet)
    entrance = server.open_entrance(UNLESS_SAID, build_policy(config))
    engine = SandboxEngine()
    life.on_exit(engine.close)
    proofreader = Proofreader(engine, Phrasing(clean, frozenset(config.html_types)))
    unsubscribe_keys = read_unsubscribe_keys(config.channels.unsubscribe_key_file)
    place = Place(arguments.id, hub, topics.board, fleet, verify)
    apis: list[Api] = [
        notifications,
        PreferencesApi(verify, PostgresPreferences(pool)),
        UsersApi(verify, PostgresContacts(pool)),
        DevicesApi(verify, PostgresDevices(pool), config.channels.webpush_public_key, now, make_id),
        TemplatesApi(verify, PostgresTemplates(pool), proofreader, now),
        UnsubscribeApi(unsubscribe_keys, PostgresPreferences(pool)),
        DeadLettersApi(verify, PostgresDeadLetters(pool)),
        RevocationsApi(verify, revocations, kept, now, make_id),
        RoomsApi(verify, rooms, to_rooms, permits.revoke),
        topics.api,
        presence.api,
        open_broadcasts(life, place, nats, quotas, telemetry),
    ]
    return Gateway(
        hub=hub,
        fleet=fleet,
        marks=marks,
        server=server,
        entrance=entrance,
        depth=depth,
        revocations=revocations,
        roll_call=roll_call,
        routes=[route for api in apis for route in api.routes()],
        intake=Intake(notifications),
        forwarder=Forwarder(arguments.id, fleet.address_of, entrance.handle),
    )


def producer_rate(limits: ProducerLimits | None) -> Rate | None:
    """Return the rate that is configured, None for no limit."""
    return Rate(limits.per_minute / 60, limits.burst or limits.per_minute) if limits else None


def start_loops(life: Life, gateway: Gateway) -> None:
    """Start what runs as long as the process."""
    life.keep(gateway.marks.run(), "delivery marks")
    life.keep(gateway.hub.watch.run(gateway.hub.owners), "position watch")
    life.keep(keep_sessions(gateway.hub, now), "session upkeep")
    life.keep(gateway.server.run(), "deadlines of sockets")
    life.keep(gateway.revocations.run(), "revocations")
    life.keep(gateway.roll_call.run(), "roll calls")
    life.keep(gateway.depth.run(), "queue depth")


async def open_doors(
    life: Life, arguments: argparse.Namespace, config: GatewayConfig, gateway: Gateway, tracer: Tracer | None
) -> Listener:
    """Listen where peers reach this gateway, then where clients do; return the latter."""

    overload = watch_overload(life)

    def may_open() -> bool:
        has_room = gateway.server.connections < config.connection_limit and not overload.is_on
        return has_room and not gateway.server.closing

    if arguments.internal_port:
        internal = build_application([], gateway.entrance.handle, may_open)
        await open_listener(life, Listener(internal), arguments.host, arguments.internal_port)
    routes = [*gateway.routes, *Reference(gateway.routes).routes()]
    if config.demo:
        auth = config.auth
        mint = TokenMinter(load_keys(auth.keys), auth.issuer, auth.audience).mint
        routes += demo_routes(lambda claims, ttl: mint(claims, now(), ttl))
    life.on_exit(gateway.forwarder.close)
    public = build_application(routes, gateway.forwarder.handle, may_open, config.cors.origins)
    if tracer:
        public.middlewares.insert(0, trace_accepting(tracer))

    def take(data: bytes, transport: asyncio.Transport) -> bool:
        return may_open() and gateway.entrance.take(data, transport)

    # Only aiohttp's requests are traced
    listener = Listener(public, Shortcuts(None if tracer else gateway.intake.serve, take))
    await open_listener(life, listener, arguments.host, arguments.port, reuse_port=arguments.reuse_port)
    life.on_exit(gateway.server.close)  # before the listeners do, which would wait for polls
    return listener


def watch_replica(replica: Replica, metrics: Metrics) -> None:
    """Show how far behind the replica is."""
    text = "How far the read replica is behind the primary; +Inf while that cannot be told."
    metrics.watch("postgres_replica_lag_seconds", text, lambda: replica.lag)


def report_load(gateway: Gateway, limit: int, metrics: Metrics, id: str) -> Load:
    """Return what answers `/load`."""
    process = ProcessGauge(metrics.registry)
    held = "Connections held."
    metrics.watch("websocket_connections_active", held, lambda: gateway.server.connections, server_id=id)
    metrics.watch("notifications_queue_depth", "Jobs that wait, of the whole fleet.", lambda: gateway.depth.jobs)
    metrics.watch("notifications_queue_ratio", "The same, of what is accepted.", lambda: gateway.depth.ratio)

    async def load() -> dict[str, object]:
        draining = gateway.fleet.leaving
        connections = gateway.server.connections
        return {
            "role": "gateway",
            "connections": connections,
            "limit": limit,
            "draining": draining,
            "remaining": connections + len(gateway.forwarder.passages()) if draining else 0,
            "cpu": process.read_cpu(),
            "memory": process.read_memory(),
            "at": wire_time(now()),
        }

    return load
