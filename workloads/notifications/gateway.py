"""The gateway process: sockets and REST on one port, wired from adapters."""

import argparse
import asyncio
import logging

from notifications.adapters.http.headers import UNLESS_SAID
from notifications.adapters.http.intake import Intake
from notifications.adapters.http.listener import Api, Listener
from notifications.adapters.http.management import Management, Readiness
from notifications.adapters.http.notifications import NotificationsApi
from notifications.adapters.http.revocations import RevocationsApi
from notifications.adapters.http.rooms import RoomsApi
from notifications.adapters.jwt.verifier import TokenVerifier
from notifications.adapters.nats.bus import NatsFleetBus, NatsInboxBus
from notifications.adapters.nats.queue import JetStreamQueue
from notifications.adapters.nats.revocations import NatsRevocationBus
from notifications.adapters.nats.roll import NatsRollBus
from notifications.adapters.nats.spend import NatsSpendBus
from notifications.adapters.postgres.inbox import PostgresInbox
from notifications.adapters.postgres.outbox import PostgresOutbox
from notifications.adapters.postgres.requests import PostgresRequests
from notifications.adapters.postgres.revocations import PostgresRevocations
from notifications.adapters.postgres.room_requests import PostgresRoomRequests
from notifications.adapters.postgres.rooms import PostgresRooms
from notifications.adapters.postgres.submissions import PostgresSubmissions
from notifications.adapters.prometheus.metrics import Metrics
from notifications.adapters.socketio.events import ClientEvents
from notifications.adapters.socketio.forward import Forwarder
from notifications.adapters.socketio.send_events import SendEvents
from notifications.adapters.socketio.server import SocketServer
from notifications.app.accept import Acceptor
from notifications.app.admission import Admission, Depth
from notifications.app.delivered import DeliveryMarks
from notifications.app.direct import DirectOffers, Reach
from notifications.app.fleet import Fleet
from notifications.app.hub import Hub
from notifications.app.journal import Journal
from notifications.app.observed import ObservedQueue
from notifications.app.read_state import ReadState
from notifications.app.relay import Relay
from notifications.app.revocations import Revocations
from notifications.app.roll_call import Allowance, RollCall
from notifications.app.session import Session
from notifications.app.tracing import trace_ports
from notifications.app.upkeep import dismiss_revoked, keep_sessions
from notifications.clock import make_id, now
from notifications.config import GatewayConfig, ProducerLimits, load_config
from notifications.domain.principal import Principal
from notifications.domain.rate import Rate
from notifications.doors import open_doors
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
from notifications.load import report_load, watch_replica
from notifications.logs import set_log_level
from notifications.parts import Backends, Gateway
from notifications.patience import insist
from notifications.permission import open_permits
from notifications.ports.bus import Beacon
from notifications.presence import open_presence
from notifications.protection import build_policy, open_budget
from notifications.records import open_records
from notifications.topics import open_topics

_log = logging.getLogger(__name__)


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
    place = Place(arguments.id, hub, topics.board, fleet, verify)
    apis: list[Api] = [
        notifications,
        *open_records(life, config, pool, verify),
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
