"""One life of a process: from its start over the servers, with nothing in memory, to its crash."""

from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications.app.tasks import Tasks
from notifications.domain.ids import RANDOM_BITS, uuid7
from tests.simulation.loop import PROCESS, Process, VirtualLoop
from tests.simulation.remote_bus import RemoteFleetBus, RemoteInboxBus
from tests.simulation.remote_letters import RemoteLetters
from tests.simulation.remote_queue import RemoteQueue
from tests.simulation.remote_rooms import RemoteRooms
from tests.simulation.remote_store import RemoteStore
from tests.simulation.servers import Servers
from tests.simulation.weather import Fault, Weather
from tests.simulation.wire import Wire

LARGEST_SKEW = 5.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every process of a run stands on."""

    loop: VirtualLoop
    servers: Servers
    weather: Weather


class Life:
    """A process that was just started, and its connections to the servers. `context` is where its code must run."""

    def __init__(self, role: str, name: str, around: Surroundings) -> None:
        self.name = name
        self.process = Process(name)
        self.wire = Wire(role, self.process, around.weather, around.loop)
        self.context = Context()
        self.context.run(PROCESS.set, self.process)
        self.tasks = Tasks()
        servers = around.servers
        self.store = RemoteStore(self.wire, servers)
        self.rooms = RemoteRooms(self.wire, servers)
        self.letters = RemoteLetters(self.wire, servers)
        self.queue = RemoteQueue(self.wire, servers.nats, servers.queue)
        self.inbox_bus = RemoteInboxBus(self.wire, servers.nats, servers.inbox_bus, servers.echo)
        self.fleet_bus = RemoteFleetBus(self.wire, servers.nats, servers.fleet_bus)
        self.around = around
        self._skew = _choose_skew(name, around)

    def now(self) -> datetime:
        """Return the time as this process believes it to be."""
        return self.around.servers.now(self._skew)

    def make_id(self, at: datetime) -> UUID:
        """Return a fresh id."""
        return uuid7(at, self.around.weather.random.getrandbits(RANDOM_BITS))

    def at_nats_return(self, act: Callable[[], object]) -> None:
        """Do this when the connection to NATS is back."""
        self.around.servers.nats.at_return.append(lambda: self.run(act))

    def run(self, work: Callable[[], object]) -> None:
        """Do something in this process, after the time that it takes to tell it so."""
        delay = self.around.weather.random.uniform(0.0005, 0.004)
        self.around.loop.call_later(delay, work, context=self.context)


def _choose_skew(name: str, around: Surroundings) -> float:
    if Fault.SKEW not in around.weather.enabled:
        return 0.0
    # By seconds, or it would be seen too seldom what a clock does that is off
    skew = around.weather.random.choice((-1, 1)) * around.weather.random.uniform(0.6 * LARGEST_SKEW, LARGEST_SKEW)
    around.weather.strike(Fault.SKEW, f"{name} by {skew:.1f} s", around.loop.time())
    return skew
