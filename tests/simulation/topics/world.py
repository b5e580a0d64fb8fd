"""One run: listeners, speakers, gateways and NATS through a storm, then calm weather, until everybody has left."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from random import Random

from notifications.adapters.memory.rooms import MemoryRooms
from tests.simulation.crashes import CrashPoint
from tests.simulation.life import Life, Surroundings
from tests.simulation.loop import VirtualLoop
from tests.simulation.processes import Processes
from tests.simulation.servers import Servers
from tests.simulation.topics.broker import Broker, Link
from tests.simulation.topics.gateway import TopicGateway, Utterance
from tests.simulation.topics.history import Calmed, Ended, Event, Said, TopicHistory
from tests.simulation.topics.listener import Listener, Outside
from tests.simulation.topics.nemesis import TopicNemesis
from tests.simulation.topics.plan import ROOMS, STORM, TENANTS, USERS, TopicPlan, draw_plan, draw_utterance
from tests.simulation.topics.remote_topics import Side
from tests.simulation.weather import Fault, Weather
from tests.simulation.world import errors_logged

LONGEST_HEALING = 120.0
SAVED_AFTER = 300.0
"""By then every session has been saved again, even if what was saved is lost."""
SETTLED = 12.0
"""Longer than two looks at whether anything was lost."""
CALM_ROUNDS = 4
CALM_SPEECHES = 6
CALM_PAUSE = 4.0
RUSHES = ((0.06, 0.06), (1.0, 2.0))
"""Within how many seconds listeners come back, and things are said."""
PROMPT = 1.0
PROMPT_AFTER_PROBE = 3.0
"""Interest that is known late is made good by the look at the log after the join."""
LINGER = 15.0
ENOUGH = 5_000.0


@dataclass(frozen=True, slots=True)
class TopicRun:
    """What came of a seed."""

    seed: int
    history: TopicHistory
    crashes: Counter[CrashPoint]
    faults: Counter[Fault]
    steps: int


def run(seed: int, certain: frozenset[Fault] = frozenset()) -> TopicRun:
    """Run the world of a seed to its end, with these faults whatever the seed says. Raises Stalled if it has no end."""
    random = Random(seed)
    loop = VirtualLoop(random, ENOUGH)  # type: ignore[abstract] # what needs IO is left undefined on purpose
    world = TopicWorld(draw_plan(seed, random, certain), random, loop)
    with errors_logged(loop.errors):
        loop.run_until_complete(world.live())
        loop.bury()
    return TopicRun(seed, world.history, world.weather.crashes, world.weather.faults, loop.steps)


class TopicWorld:
    """Everybody and everything of one run."""

    def __init__(self, plan: TopicPlan, random: Random, loop: VirtualLoop) -> None:
        self.history = TopicHistory()
        self.weather = Weather(random, self.history.faults, plan.faults, plan.doomed)
        self._plan = plan
        self._random = random
        self._loop = loop
        self._lives = 0
        self._servers = Servers(loop)
        self._broker = Broker(loop, self._record)
        around = Surroundings(loop, self._servers, self.weather)
        self._processes = Processes(around, self._open_gateway, plan.gateways, 0)
        outside = Outside(loop, random, self._record, self._processes.choose_gateway)
        self._listeners = [Listener(part, outside) for part in plan.parts]
        self._nemesis = TopicNemesis(around, self._processes, self._broker, self._listeners)

    async def live(self) -> None:
        """Go through the storm, heal, show that all is well again, and let everybody leave."""
        await self._open_rooms()
        self._processes.start()
        lives = [asyncio.create_task(self._arrive(listener)) for listener in self._listeners]
        speeches = [asyncio.create_task(self._say(at, utterance)) for at, utterance in self._plan.utterances]
        storm = asyncio.create_task(self._nemesis.rage())
        await asyncio.sleep(STORM)
        self.weather.calm = True
        self._servers.database.come_back()
        self._servers.nats.come_back()
        await asyncio.gather(storm, *speeches)
        if await self._rests():
            await asyncio.sleep(SAVED_AFTER)
            self._record(Calmed(self._loop.time(), self._promptness()))
            await self._show_that_all_is_well()
        await self._rests()
        await asyncio.sleep(SETTLED)
        restless = tuple(listener.part.name for listener in self._listeners if not listener.is_complete)
        for listener in self._listeners:
            listener.leave(farewell=self._random.random() < 0.5)
        await asyncio.sleep(LINGER)
        kept = [what for gateway in self._processes.gateways.values() for what in gateway.find_kept()]
        errors = (*self._loop.errors, *self._processes.find_leaks())
        self.weather.enabled = frozenset()
        self._record(Ended(self._loop.time(), restless, tuple(kept), errors))
        for life in lives:
            life.cancel()

    async def _open_rooms(self) -> None:
        rooms = MemoryRooms(self._servers.store, self._servers.now)
        for tenant in TENANTS:
            for room in ROOMS:
                for user in USERS:
                    await rooms.join(tenant, room, user)

    async def _arrive(self, listener: Listener) -> None:
        await asyncio.sleep(self._random.choice([0.0, self._random.uniform(0.0, STORM)]))
        await listener.live()

    async def _say(self, at: float, utterance: Utterance) -> None:
        await asyncio.sleep(at)
        if (gateway := self._processes.choose_gateway()) is None:
            return

        def note(seq: int) -> None:
            if seq:
                self._record(Said(self._loop.time(), utterance.payload["marker"], seq))

        gateway.life.run(lambda: gateway.say(utterance, note))

    async def _show_that_all_is_well(self) -> None:
        """Say things just while listeners come back, once because their gateway was killed: nothing else may help."""
        killing = self._random.randrange(CALM_ROUNDS)
        for number in range(CALM_ROUNDS):
            rush, haste = self._random.choice(RUSHES)
            for listener in self._listeners:
                self._loop.call_later(self._random.uniform(0.0, rush), listener.hop)
            if number == killing:
                self._loop.call_later(self._random.uniform(0.0, rush + 1.0), self._kill_one)
            names = (f"calm {number}, {speech}" for speech in range(CALM_SPEECHES))
            utterances = [draw_utterance(name, self._random) for name in names]
            await asyncio.gather(*(self._say(self._random.uniform(0.0, haste), one) for one in utterances))
            await asyncio.sleep(CALM_PAUSE)
            await self._rests()

    def _kill_one(self) -> None:
        if living := self._processes.living():
            self._random.choice(living).life.wire.die()

    def _promptness(self) -> float:
        return PROMPT_AFTER_PROBE if Fault.LATE_INTEREST in self.weather.enabled else PROMPT

    async def _rests(self) -> bool:
        """Return whether, soon enough, all gateways are well and every listener follows all that it wishes."""
        deadline = self._loop.time() + LONGEST_HEALING
        while not self._is_at_rest():
            if self._loop.time() > deadline:
                return False
            await asyncio.sleep(0.5)
        return True

    def _is_at_rest(self) -> bool:
        if not self._processes.are_well() or any(listener.is_stalled for listener in self._listeners):
            return False
        return all(listener.is_complete for listener in self._listeners)

    def _open_gateway(self, life: Life) -> TopicGateway:
        self._lives += 1
        link = Link(self._servers.nats, self._random, self._loop)
        return TopicGateway(Side(life, link, self._broker, self._lives, self._record))

    def _record(self, event: Event) -> None:
        self.history.events.append(event)
