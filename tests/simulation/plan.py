"""What a seed stands for: the cast of a run, what may go wrong in it, and where processes die."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from notifications.domain.jobs import Channel
from notifications.domain.notification import Priority, UserKey
from tests.simulation.crashes import NAMED, OTHER_CHANNELS, RARE, CrashPoint
from tests.simulation.gateway import Post
from tests.simulation.person import MIDNIGHT, Person, draw_person
from tests.simulation.weather import OF_TOPICS, Fault

STORM = 25.0
"""Seconds for which things go wrong."""
BURSTS = (5.0, 20.0)
"""When many things are said at once."""
STRIDE = 11
"""Prime to the number of points; those of one call are for different seeds, or the first would spare the others."""
YESTERDAY = MIDNIGHT + 3.0
"""When some clocks say that a digest is still to come which has just gone out."""
DOOMED_POINTS = 8
MOST_DEVICES = 5
TENANTS = ("acme", "evil")
OWNERS = tuple(UserKey(tenant, user) for tenant in TENANTS for user in ("alice", "bob"))
"""The same names in two tenants, so that a tenant left out is seen."""
ROOM = "group:all"
MEMBERS = ("alice", "bob")
"""Of both tenants' room."""
FAULTS = [fault for fault in Fault if fault not in OF_TOPICS]
CHANCES = {Fault.RESTORE: 0.12, Fault.LATE_INTEREST: 0.3, Fault.CRASH: 0.8}
USUAL = 0.5
USUAL_CHANNELS = 0.4
CHANNELS = (
    (Channel.WEBSOCKET, Channel.EMAIL),
    (Channel.WEBSOCKET, Channel.PUSH),
    (Channel.EMAIL, Channel.WEBHOOK),
    (Channel.PUSH, Channel.EMAIL),
    (Channel.WEBSOCKET,),
    tuple(Channel),
    tuple(Channel),
)
"""What producers name who do not leave it to their recipients."""

NEEDED = {
    OTHER_CHANNELS["dead devices forgotten"]: Fault.DEAD_TOKEN,
    OTHER_CHANNELS["burying, not committed"]: Fault.REFUSED,
    OTHER_CHANNELS["buried, before the job is acknowledged"]: Fault.REFUSED,
    OTHER_CHANNELS["job put back to wait, and the queue never hears"]: Fault.PROVIDER_AWAY,
    OTHER_CHANNELS["dead letters retried, before the answer"]: Fault.REFUSED,
}
"""Faults without which nobody comes to a point."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`devices` by owner; `posts` with the second at which each is first said."""

    gateways: int
    workers: int
    devices: tuple[tuple[str, UserKey], ...]
    people: dict[UserKey, Person]
    posts: tuple[tuple[float, Post], ...]
    faults: frozenset[Fault]
    doomed: dict[CrashPoint, int]


def draw_plan(seed: int, random: Random, certain: frozenset[Fault]) -> Plan:
    """Draw a plan; the faults in `certain` are in it whatever is drawn.

    Neighbouring seeds share out the named crash points, so that few seeds meet all of them.
    """
    points = list(NAMED.values())
    doomed = [points[(seed * DOOMED_POINTS + offset) * STRIDE % len(points)] for offset in range(DOOMED_POINTS)]
    needed = certain.union(NEEDED[point] for point in doomed if point in NEEDED)
    return Plan(
        gateways=random.randint(1, 3),
        workers=random.randint(1, 2),
        devices=tuple(_draw_devices(random)),
        people={owner: draw_person(owner, number, random) for number, owner in enumerate(OWNERS)},
        posts=tuple(_draw_posts(random)),
        faults=needed.union(fault for fault in FAULTS if random.random() < CHANCES.get(fault, USUAL)),
        doomed={point: 1 if point in RARE else random.randint(1, 3) for point in doomed},
    )


def draw_post(marker: str, owners: Sequence[UserKey], random: Random) -> Post:
    """Draw something to say, to one user, to both of a tenant, or to the room that both are in."""
    owner = random.choice(owners)
    room = ROOM if random.random() < 0.2 else None
    users = MEMBERS if room or random.random() < 0.2 else (owner.user,)
    channels = None if random.random() < USUAL_CHANNELS else random.choice(CHANNELS)
    priority = random.choice(list(Priority))
    return Post(owner.tenant, users, marker, priority, f"key {marker}", room=room, channels=channels)


def _draw_devices(random: Random) -> list[tuple[str, UserKey]]:
    devices: list[tuple[str, UserKey]] = []
    for owner in OWNERS:
        most = MOST_DEVICES if random.random() < 0.1 else 2
        for number in range(random.randint(0 if devices else 1, most)):
            devices.append((f"{owner.tenant} {owner.user} {number}", owner))
    return devices


def _draw_posts(random: Random) -> list[tuple[float, Post]]:
    posts = []
    for number in range(random.randint(10, 25)):
        at = random.choice([random.uniform(0.0, STORM), *BURSTS, YESTERDAY])
        post = draw_post(f"m{number}", OWNERS, random)
        if random.random() < 0.3:
            post = replace(post, key=None)
        if random.random() < 0.1:
            post = replace(post, expires_in=random.uniform(0.5, 20.0))
        elif random.random() < 0.2:
            post = replace(post, send_in=random.uniform(0.5, 20.0))
        if random.random() < 0.15:
            post = replace(post, cancel_after=random.uniform(0.0, 12.0))
        posts.append((at, post))
        if post.key and random.random() < 0.25:
            posts.append((at + random.choice([0.0, random.uniform(0.0, 9.0)]), _draw_twin(post, random)))
    return posts


def _draw_twin(post: Post, random: Random) -> Post:
    """Return the same request again, or by mistake another one with its key."""
    return replace(post, content=f"{post.content}, otherwise") if random.random() < 0.2 else post
