"""One run: clients, processes and servers through a storm, until everything has come to rest."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from notifications.adapters.memory.digests import Record
from notifications.adapters.memory.rooms import MemoryRooms
from notifications.domain.jobs import Status
from notifications.domain.notification import UserKey
from tests.simulation.administrator import Administrator
from tests.simulation.crashes import CrashPoint
from tests.simulation.deliveries import Deliveries, Line, Made, Window
from tests.simulation.device import Device, Outside
from tests.simulation.gateway import Gateway, Post
from tests.simulation.history import Calmed, Cleared, Ended, Entry, Event, History
from tests.simulation.life import Surroundings
from tests.simulation.loop import PROCESS, VirtualLoop
from tests.simulation.nemesis import Nemesis
from tests.simulation.plan import OWNERS, ROOM, STORM, Plan, draw_plan, draw_post
from tests.simulation.processes import Processes
from tests.simulation.producer import say
from tests.simulation.servers import Servers
from tests.simulation.weather import Fault, Weather

LONGEST_HEALING = 1300.0
"""Longer than REDRIVE_AFTER, the slowest of all repairs."""
AFTERMATH = 8.0
"""Longer than anything that was slow in the storm is still on its way."""
LONGEST_CALM = 60.0
CALM_ROUNDS = 4
CALM_PAUSE = 3.0
RUSHES = ((0.06, 0.06), (1.0, 2.0))
"""Within how many seconds devices come back, and things are said."""
PROMPT = 0.9
PROMPT_AFTER_CHECK = 2.5
"""Interest that is known late is made good by the position check after the join."""
LINGER = 3.0
"""Longer than any task that is to end by itself when there is nothing to do."""
SOON = timedelta(minutes=1)
ENOUGH = 10_000.0
ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a seed."""

    seed: int
    history: History
    crashes: Counter[CrashPoint]
    faults: Counter[Fault]
    steps: int


def run(seed: int, certain: frozenset[Fault] = frozenset()) -> Run:
    """Run the world of a seed to its end, with these faults whatever the seed says. Raises Stalled if it has no end."""
    random = Random(seed)
    loop = VirtualLoop(random, ENOUGH)  # type: ignore[abstract] # what needs IO is left undefined on purpose
    world = World(draw_plan(seed, random, certain), random, loop)
    with errors_logged(loop.errors):
        loop.run_until_complete(world.live())
        loop.bury()
    return Run(seed, world.history, world.weather.crashes, world.weather.faults, loop.steps)


class World:
    """Everybody and everything of one run."""

    def __init__(self, plan: Plan, random: Random, loop: VirtualLoop) -> None:
        self.history = History(dict(plan.devices), plan.people)
        self.weather = Weather(random, self.history, plan.faults, plan.doomed)
        self._plan = plan
        self._random = random
        self._loop = loop
        self._servers = Servers(loop)
        around = Surroundings(loop, self._servers, self.weather)
        self._processes = Processes(around, Gateway, plan.gateways, plan.workers)
        self._outside = Outside(loop, random, self._record, self._processes.choose_gateway)
        self._devices = [Device(name, owner, self._outside) for name, owner in plan.devices]
        self._administrator = Administrator(self._outside)
        self._nemesis = Nemesis(around, self._processes, self._devices)

    async def live(self) -> None:
        """Go through the storm, heal, show that all is well again, and come to rest."""
        await self._open_rooms()
        await self._introduce()
        self._processes.start()
        devices = [asyncio.create_task(self._arrive(device)) for device in self._devices]
        producers = [asyncio.create_task(self._say(at, post)) for at, post in self._plan.posts]
        acts = (self._nemesis.rage(), self._nemesis.restore(), self._administrator.look_in())
        storm = [asyncio.create_task(act) for act in acts]
        await asyncio.sleep(STORM)
        self.weather.calm = True
        self._servers.database.come_back()
        self._servers.nats.come_back()
        await asyncio.gather(*storm, *producers)
        self._record(Cleared(self._loop.time()))
        await asyncio.sleep(AFTERMATH)
        if await self._rests(LONGEST_HEALING):
            self._record(Calmed(self._loop.time(), self._promptness()))
            await self._show_that_all_is_well()
        for device in self._devices:
            device.stop_reading()
        await asyncio.sleep(LINGER)
        await self._rests(LONGEST_CALM)
        await self._administrator.clear_up()
        await self._rests(LONGEST_CALM)
        self._servers.sleep_until_evening()
        await asyncio.sleep(LINGER)
        await self._rests(LONGEST_CALM)
        await asyncio.sleep(LINGER)
        self.weather.enabled = frozenset()
        self._record(await self._end())
        for task in devices:
            task.cancel()

    async def _open_rooms(self) -> None:
        rooms = MemoryRooms(self._servers.store, self._servers.now)
        for owner in OWNERS:
            await rooms.join(owner.tenant, ROOM, owner.user)

    async def _introduce(self) -> None:
        """Tell the database of everybody."""
        for owner, person in self._plan.people.items():
            await self._servers.contacts.set_card(owner, person.contact)
            await self._servers.store.preferences.prefer(owner, person.wishes)
            for device in person.waking:
                await self._servers.store.devices.register(device)

    async def _arrive(self, device: Device) -> None:
        await asyncio.sleep(self._random.choice([0.0, self._random.uniform(0.0, STORM)]))
        await device.live()

    async def _say(self, at: float, post: Post) -> None:
        await asyncio.sleep(at)
        await say(post, self._outside)

    async def _show_that_all_is_well(self) -> None:
        """Say single things just while their devices come back: nothing may depend on what comes later."""
        owners = list(dict.fromkeys(device.owner for device in self._devices))
        for number in range(CALM_ROUNDS):
            rush, haste = self._random.choice(RUSHES)
            for device in self._devices:
                self._loop.call_later(self._random.uniform(0.0, rush), device.hop)
            posts = [draw_post(f"calm {number}, {owner}", [owner], self._random) for owner in owners]
            await asyncio.gather(*(self._say(self._random.uniform(0.0, haste), post) for post in posts))
            await asyncio.sleep(CALM_PAUSE)

    def _promptness(self) -> float:
        """Return the seconds within which delivery is prompt: before any repair begins, if none may be needed."""
        return PROMPT_AFTER_CHECK if Fault.LATE_INTEREST in self.weather.enabled else PROMPT

    async def _rests(self, within: float) -> bool:
        """Return whether, within a time, no work is left and every device has been shown its inbox to the end."""
        deadline = self._loop.time() + within
        while not await self._is_at_rest():
            if self._loop.time() > deadline:
                return False
            await asyncio.sleep(0.5)
        return True

    async def _is_at_rest(self) -> bool:
        servers = self._servers
        if servers.provider.away or not self._processes.are_well():
            return False
        if any(device.is_stalled for device in self._devices):
            return False
        waiting = servers.store.held + servers.store.rooms.open + self._count_rows() + len(servers.queue)
        if waiting or not await servers.queue.created():
            return False
        heads = await servers.store.heads([device.owner for device in self._devices])
        return all(device.position == heads[device.owner].seq for device in self._devices)

    def _count_rows(self) -> int:
        """Return how many jobs are due soon: push messages follow, but digests of the next day can wait."""
        soon = self._servers.now() + SOON
        return sum(row.queued_at <= soon for row in self._servers.store.outbox.rows.values())

    async def _end(self) -> Ended:
        notifications, seconds = self._servers.store.notifications.values(), self._servers.seconds
        owners = sorted({notification.owner for notification in notifications})
        return Ended(
            self._loop.time(),
            {owner: await self._read_log(owner) for owner in owners},
            read={item.id: seconds(item.read_at) for item in notifications if item.read_at is not None},
            deliveries=await self._read_deliveries(),
            held=self._servers.store.held,
            rooms=self._servers.store.rooms.open,
            outbox=len(self._servers.store.outbox.rows),
            jobs=len(self._servers.queue),
            parted=tuple(device.name for device in self._devices if device.position is None),
            errors=(*self._loop.errors, *self._processes.find_leaks()),
        )

    async def _read_deliveries(self) -> Deliveries:
        store, seconds = self._servers.store, self._servers.seconds
        return Deliveries(
            copies={
                copy.id: Made(UserKey(request.tenant, copy.user), request.message.content)
                for request in store.requests.values()
                for copy in request.copies
            },
            lines={key: Line(Status(line.state), line.reason) for key, line in store.outbox.deliveries.items()},
            digests=tuple(_read_window(record, seconds) for record in store.digests.records.values()),
            dead=tuple(store.outbox.dead_letters),
            delivered={id: seconds(at) for id, at in store.delivered_at.items()},
            waking={owner: tuple(device.id for device in await store.devices.devices(owner)) for owner in OWNERS},
        )

    async def _read_log(self, owner: UserKey) -> tuple[Entry, ...]:
        """Return the whole log, with what has expired meanwhile."""
        page = await self._servers.store.read(owner, 0, ALL)
        changes = [Entry(event.seq) for event in page.events if event.shows is None]
        notifications = [item for item in self._servers.store.notifications.values() if item.owner == owner]
        created = [Entry(item.seq, item.id, item.message.content) for item in notifications]
        return tuple(sorted([*changes, *created], key=lambda entry: entry.seq))

    def _record(self, event: Event) -> None:
        self.history.events.append(event)


def _read_window(record: Record, seconds: Callable[[datetime], float]) -> Window:
    digest = record.digest
    return Window((digest.id, digest.channel), digest.owner, seconds(digest.due_at), tuple(record.items))


class _Errors(logging.Handler):
    def __init__(self, errors: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._errors = errors

    def emit(self, record: logging.LogRecord) -> None:
        process = PROCESS.get()
        if process is None or process.alive:
            self._errors.append(f"logged: {record.getMessage()} {record.exc_info and record.exc_info[1]!r}")


@contextmanager
def errors_logged(errors: list[str]) -> Iterator[None]:
    """Collect what the code under test logs as an error; warnings are the order of the day in a storm."""
    logger = logging.getLogger("notifications")
    handler, level = _Errors(errors), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
