"""What is asked of every system: how many clients in which rooms, how many messages a second."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from tests.bench.ladder import Ladder


@dataclass(frozen=True, slots=True)
class Load:
    """Clients, each in `each` of the rooms by a chance that is always the same; without rooms messages are to users."""

    clients: int
    rate: float
    rooms: int = 0
    each: int = 0

    def seat(self) -> list[tuple[str, ...]]:
        """Return the names of each client's rooms."""
        chance, names = random.Random(6), [f"r{number}" for number in range(self.rooms)]
        return [tuple(chance.sample(names, self.each)) for _ in range(self.clients)]

    def aim(self, seats: Sequence[Sequence[str]]) -> list[tuple[str, int]]:
        """Return the targets of messages, and how many clients each reaches."""
        if not self.rooms:
            return [(f"u{number}", 1) for number in range(self.clients)]
        members = Counter(chain.from_iterable(seats))
        return [(name, members[name]) for name in (f"r{number}" for number in range(self.rooms))]


@dataclass(frozen=True, slots=True)
class Climb:
    """The most deliveries a second with nothing lost, nothing out of order and p99 below `limit` milliseconds."""

    text: str
    load: Callable[[float], Load]
    ladder: Ladder
    limit: float = 500.0


@dataclass(frozen=True, slots=True)
class Steady:
    """The latency at one rate."""

    text: str
    load: Load


@dataclass(frozen=True, slots=True)
class Arrive:
    """Connections a second of clients that come `at_once` at a time; then how long each takes at `rate` a second."""

    text: str
    clients: int
    rate: int
    at_once: int = 100


@dataclass(frozen=True, slots=True)
class Idle:
    """Memory a connection that does nothing."""

    text: str
    clients: int


@dataclass(frozen=True, slots=True)
class Storm:
    """All clients of a room are cut off, miss messages, and come back at once for them."""

    text: str
    clients: int
    missed: int
    within: float = 30.0


Scenario = Climb | Steady | Arrive | Idle | Storm


def plan(scale: float = 1.0) -> dict[str, Scenario]:
    """Return the scenarios by name; a scale below 1 makes crowds and ceilings smaller, for a quick look."""

    def crowd(clients: int) -> int:
        return max(10, int(clients * scale))

    return {
        "room": Climb(
            f"{crowd(2000):,} clients in one room, each under 150 messages/s",
            lambda level: Load(crowd(2000), level, rooms=1, each=1),
            Ladder(20, 149),
        ),
        "hot-room": Climb(
            "a room with 1,000 messages/s for each client, p99 under 50 ms",
            lambda level: Load(int(level), 1000, rooms=1, each=1),
            Ladder(crowd(40), crowd(8000)),
            limit=50.0,
        ),
        "many-rooms": Climb(
            "100 rooms with 10 messages/s each, every client in 50 of them",
            lambda level: Load(int(level), 1000, rooms=100, each=50),
            Ladder(crowd(80), crowd(6000)),
        ),
        "direct": Climb(
            f"messages to random ones of {crowd(2000):,} users, over two servers where a system can",
            lambda level: Load(crowd(2000), level),
            Ladder(max(500, 4000 * scale), 400_000),
        ),
        "connect": Arrive(f"{crowd(2000):,} clients, 100 at a time; times at 200 a second", crowd(2000), 200),
        "idle": Idle(f"{crowd(10_000):,} clients that do nothing", crowd(10_000)),
        "latency": Steady("20,000 deliveries/s: 20 messages/s to a room of 1,000", Load(1000, 20, rooms=1, each=1)),
        "latency-batched": Steady(
            "the same with batches of 10 messages or 100 ms: p99 is to stay under the window and 10 ms more",
            Load(1000, 20, rooms=1, each=1),
        ),
        "storm": Storm(f"{crowd(2000):,} clients come back for 100 messages each", crowd(2000), 100),
    }
