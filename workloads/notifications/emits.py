"""Broadcasts to sockets of all gateways, and what users may do only so often: wired from adapters."""

from dataclasses import dataclass
from functools import partial

from notifications.adapters.http.authentication import Verify
from notifications.adapters.http.broadcasts import BroadcastsApi
from notifications.adapters.nats.connection import Connection
from notifications.adapters.nats.emit import NatsEmitBus
from notifications.adapters.postgres.pool import Pool
from notifications.adapters.postgres.quotas import PostgresQuotas
from notifications.app.board import Board
from notifications.app.emitter import Emitter, Stage, find_sockets
from notifications.app.fleet import Fleet
from notifications.app.hub import Hub
from notifications.app.quotas import Quotas
from notifications.config import LimitsConfig
from notifications.domain.quota import Deed
from notifications.lifecycle import Life
from notifications.ports.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Place:
    """A gateway by its name, whom it holds and whom it knows, and what says who a token is."""

    gateway: str
    hub: Hub
    board: Board
    fleet: Fleet
    verify: Verify


def open_quotas(pool: Pool, limits: LimitsConfig) -> Quotas:
    """Return what counts for all gateways together."""
    most = {Deed.SEND: limits.sends_per_minute, Deed.BROADCAST: limits.broadcasts_per_minute}
    return Quotas(PostgresQuotas(pool), most)


def open_broadcasts(life: Life, place: Place, nats: Connection, quotas: Quotas, telemetry: Telemetry) -> BroadcastsApi:
    """Return the route that broadcasts come in by; those of other gateways are shown from now on."""
    stage = Stage(place.gateway, partial(find_sockets, place.hub, place.board), telemetry)
    emitter = Emitter(place.gateway, stage, NatsEmitBus(nats), place.fleet, life.tasks)
    return BroadcastsApi(place.verify, quotas, emitter)
