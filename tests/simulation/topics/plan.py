"""What a seed stands for: who listens to what, what is said, what may go wrong, and where gateways die."""

from dataclasses import dataclass
from random import Random

from notifications.domain.notification import UserKey
from notifications.domain.topics import Topic, covers, read_pattern, room_topic
from tests.simulation.crashes import CrashPoint, Phase
from tests.simulation.topics.gateway import Utterance
from tests.simulation.weather import Fault

STORM = 25.0
"""Seconds for which things go wrong."""
BURSTS = (5.0, 12.0, 20.0)
"""When many things are said at once."""
TENANTS = ("acme", "evil")
USERS = ("alice", "bob")
ROOMS = ("group:all", "dm:pair")
EXACT = ("news.eu.a", "news.eu.b", "news.us.a", "ticks.x.a", "ticks.x.b", "drops.x.a")
PATTERNS = ("news.eu.*", "news.eu.>", "ticks.x.*", "drops.x.>")
KINDS = ("odd", "even")
FAULTS = (
    Fault.CRASH,
    Fault.FREEZE,
    Fault.STOP,
    Fault.LOST_REQUEST,
    Fault.LOST_ANSWER,
    Fault.DATABASE_AWAY,
    Fault.NATS_AWAY,
    Fault.PARTITION,
    Fault.WIPE,
    Fault.TRIM,
    Fault.LAG,
    Fault.LOST_EVENT,
    Fault.DOUBLED_EVENT,
    Fault.DELAYED_EVENT,
    Fault.LATE_INTEREST,
    Fault.SLOW_CALL,
    Fault.SLOW_SOCKET,
    Fault.CUT_SOCKET,
    Fault.ABSENCE,
)
CHANCES = {Fault.WIPE: 0.25, Fault.TRIM: 0.25, Fault.LATE_INTEREST: 0.3, Fault.CRASH: 0.8}
USUAL = 0.45


def _point(call: str, phase: Phase) -> CrashPoint:
    return CrashPoint("gateway", call, phase)


NAMED = {
    "said, not stored": _point("append", Phase.UNSERVED),
    "said and stored, before the answer": _point("append", Phase.SERVED),
    "before listening": _point("follow", Phase.BEFORE),
    "listening, before the end of the log is known": _point("follow", Phase.AFTER),
    "end of the log known": _point("find_end", Phase.AFTER),
    "before a page is read": _point("read_topic", Phase.BEFORE),
    "a page is read, before it is shown": _point("read_topic", Phase.AFTER),
    "ends of topics compared": _point("find_last", Phase.AFTER),
    "before a session is saved": _point("save", Phase.BEFORE),
    "session not saved": _point("save", Phase.UNSERVED),
    "session saved, before the client is told": _point("save", Phase.SERVED),
    "session found, before it goes on": _point("find_saved", Phase.AFTER),
    "members asked": _point("are_members", Phase.AFTER),
    "before a message is shown": _point("send", Phase.BEFORE),
    "a message is shown, before the position is told": _point("send", Phase.AFTER),
}
"""Where gateways die, on the way of a message and of whoever comes back."""
DOOMED_POINTS = 3
STRIDE = 4
"""Prime to the number of points."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A topic, or a room by its name, that a listener follows; with a `kind` only messages of that kind."""

    name: str
    topic: Topic
    kind: str | None = None

    @property
    def is_room(self) -> bool:
        """Whether it is joined as a room."""
        return ":" in self.name


@dataclass(frozen=True, slots=True)
class Part:
    """A listener. Stock: it comes back by its private id, and keeps no cursor of its own. Else it may `sync`."""

    name: str
    owner: UserKey
    wishes: tuple[Wish, ...]
    is_stock: bool
    syncs: bool


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """`utterances` with the second at which each is said."""

    gateways: int
    parts: tuple[Part, ...]
    utterances: tuple[tuple[float, Utterance], ...]
    faults: frozenset[Fault]
    doomed: dict[CrashPoint, int]


def draw_plan(seed: int, random: Random, certain: frozenset[Fault]) -> TopicPlan:
    """Draw a plan; the faults in `certain` are in it whatever is drawn. Neighbours share out the crash points."""
    points = list(NAMED.values())
    doomed = [points[(seed * DOOMED_POINTS + offset) * STRIDE % len(points)] for offset in range(DOOMED_POINTS)]
    return TopicPlan(
        gateways=random.randint(1, 3),
        parts=tuple(_draw_part(number, random) for number in range(random.randint(3, 7))),
        utterances=tuple(_draw_utterances(random)),
        faults=certain.union(fault for fault in FAULTS if random.random() < CHANCES.get(fault, USUAL)),
        doomed={point: random.randint(1, 3) for point in doomed},
    )


def draw_utterance(marker: str, random: Random) -> Utterance:
    """Draw something to say."""
    speaker = UserKey(random.choice(TENANTS), random.choice(USERS))
    name = random.choice([*EXACT, *EXACT, *ROOMS])
    expires_in = random.uniform(0.5, 20.0) if ":" not in name and random.random() < 0.05 else None
    payload = {"marker": marker, "kind": random.choice(KINDS)}
    return Utterance(speaker, _read(speaker.tenant, name), payload, expires_in)


def _draw_part(number: int, random: Random) -> Part:
    owner = UserKey(random.choice(TENANTS), random.choice(USERS))
    names = random.sample([*EXACT, *PATTERNS, *ROOMS], random.randint(1, 4))
    topics = {name: _read(owner.tenant, name) for name in names}
    wishes = tuple(Wish(name, topic, _draw_kind(topic, topics, random)) for name, topic in topics.items())
    stock = random.random() < 0.5
    return Part(f"{owner.tenant} {owner.user} {number}", owner, wishes, stock, syncs=random.random() < 0.5)


def _draw_kind(topic: Topic, topics: dict[str, Topic], random: Random) -> str | None:
    """Two subscriptions that overlap come in order each, but with filters not as one."""
    overlaps = any(covers(other, topic) or covers(topic, other) for other in topics.values() if other is not topic)
    return random.choice(KINDS) if random.random() < 0.3 and not overlaps else None


def _draw_utterances(random: Random) -> list[tuple[float, Utterance]]:
    count = random.randint(20, 60)
    times = [random.choice([random.uniform(0.0, STORM), random.choice(BURSTS)]) for _ in range(count)]
    return [(at, draw_utterance(f"m{number}", random)) for number, at in enumerate(times)]


def _read(tenant: str, name: str) -> Topic:
    return room_topic(tenant, name) if ":" in name else read_pattern(tenant, name)
