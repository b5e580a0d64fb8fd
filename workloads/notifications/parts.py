"""What a gateway is made of, once it is wired."""

from dataclasses import dataclass

from notifications.adapters.http.intake import Intake
from notifications.adapters.http.listener import AbstractRouteDef
from notifications.adapters.nats.connection import Connection
from notifications.adapters.postgres.pool import Pool
from notifications.adapters.postgres.replica import Replica
from notifications.adapters.socketio.entrance import Entrance
from notifications.adapters.socketio.forward import Forwarder
from notifications.adapters.socketio.server import SocketServer
from notifications.app.admission import Depth
from notifications.app.delivered import DeliveryMarks
from notifications.app.fleet import Fleet
from notifications.app.hub import Hub
from notifications.app.revocations import Revocations
from notifications.app.roll_call import RollCall
from notifications.ports.telemetry import Telemetry
from notifications.ports.tracing import Tracer


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
