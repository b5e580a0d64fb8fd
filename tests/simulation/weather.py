"""What goes wrong in a run, and when: every decision comes from one seeded source, and every stroke is counted."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from tests.simulation.crashes import CrashPoint
from tests.simulation.history import History, Struck


class Fault(StrEnum):
    """What may happen to a call, an event, a socket or a process."""

    CRASH = "crash"
    FREEZE = "process frozen for a while"
    STOP = "process told to stop"
    SKEW = "clock off by seconds"
    LOST_REQUEST = "request lost"
    LOST_ANSWER = "answer lost"
    CONTENTION = "lock not had in time"
    DATABASE_AWAY = "database away"
    RESTORE = "database restored from a backup"
    NATS_AWAY = "NATS away"
    WIPE = "NATS wiped"
    PROVIDER_AWAY = "providers away"
    REFUSED = "message refused for good"
    DEAD_TOKEN = "device gone for good"
    HANGING = "provider hangs after it took a message"
    LOST_ACK = "acknowledgement of a publish lost"
    DOUBLED_JOB = "job handed out twice"
    LOST_EVENT = "event lost"
    DOUBLED_EVENT = "event doubled"
    DELAYED_EVENT = "event delayed past others"
    LATE_INTEREST = "interest known late"
    SLOW_CALL = "slow call"
    SLOW_SOCKET = "client does not read"
    CUT_SOCKET = "connection cut"
    ABSENCE = "device away for long"
    PARTITION = "one gateway cut off from NATS"
    TRIM = "head of the log forgotten"
    LAG = "server that answers lags behind"


OF_TOPICS = frozenset({Fault.PARTITION, Fault.TRIM, Fault.LAG})
"""What happens to topics only."""

RATES = {
    Fault.LOST_REQUEST: 0.02,
    Fault.LOST_ANSWER: 0.05,
    Fault.CONTENTION: 0.05,
    Fault.REFUSED: 0.12,
    Fault.DEAD_TOKEN: 0.25,
    Fault.HANGING: 0.1,
    Fault.LOST_ACK: 0.1,
    Fault.DOUBLED_JOB: 0.1,
    Fault.LOST_EVENT: 0.15,
    Fault.DOUBLED_EVENT: 0.15,
    Fault.DELAYED_EVENT: 0.15,
    Fault.LATE_INTEREST: 0.3,
    Fault.SLOW_CALL: 0.05,
    Fault.SLOW_SOCKET: 0.03,
    Fault.LAG: 0.3,
}
"""How often, of the occasions in a storm, if the seed lets it happen at all."""


@dataclass(slots=True)
class Weather:
    """A storm until `calm` is set. `enabled` are the faults of this seed, `doomed` the points where a process dies."""

    random: Random
    history: History
    enabled: frozenset[Fault]
    doomed: dict[CrashPoint, int]
    calm: bool = False
    crashes: Counter[CrashPoint] = field(default_factory=Counter)
    faults: Counter[Fault] = field(default_factory=Counter)
    _visits: Counter[CrashPoint] = field(default_factory=Counter)

    def strikes(self, fault: Fault, target: str, at: float) -> bool:
        """Decide whether a fault happens on this occasion."""
        is_weather = fault is not Fault.LATE_INTEREST  # which NATS does not promise to avoid on any day
        if (self.calm and is_weather) or fault not in self.enabled or self.random.random() >= RATES[fault]:
            return False
        self.strike(fault, target, at)
        return True

    def strike(self, fault: Fault, target: str, at: float) -> None:
        """Record a fault that happens."""
        self.faults[fault] += 1
        self.history.events.append(Struck(at, fault, target))

    def dooms(self, point: CrashPoint, at: float) -> bool:
        """Decide whether the process dies at this point, this time."""
        if self.calm:
            return False
        self._visits[point] += 1
        if self.doomed.get(point) != self._visits[point]:
            return False
        self.crashes[point] += 1
        self.strike(Fault.CRASH, str(point), at)
        return True

    def latency(self, name: str, at: float, longest: float) -> float:
        """Return how long a message takes one way, in seconds: up to `longest` on a good day."""
        if self.strikes(Fault.SLOW_CALL, name, at):
            return self.random.uniform(0.1, 3.0)
        return self.random.uniform(0.0005, longest)
