"""Strikes gateways, the ways between them and NATS, NATS itself and connections, for as long as the storm lasts."""

import asyncio
from collections.abc import Callable, Sequence

from tests.simulation.life import Surroundings
from tests.simulation.processes import Processes
from tests.simulation.topics.broker import Broker
from tests.simulation.topics.gateway import TopicGateway
from tests.simulation.topics.listener import Listener
from tests.simulation.weather import Fault

PAUSE = 2.0
OUTAGE = 6.0
LONG_ABSENCE = 20.0
LONGEST_FREEZE = 12.0


class TopicNemesis:
    """Strikes with what the seed enables."""

    def __init__(
        self,
        around: Surroundings,
        processes: Processes[TopicGateway],
        broker: Broker,
        listeners: Sequence[Listener],
    ) -> None:
        self._around = around
        self._processes = processes
        self._broker = broker
        self._listeners = listeners
        self._random = around.weather.random
        acts: dict[Fault, Callable[[], str]] = {
            Fault.CRASH: self._crash,
            Fault.FREEZE: self._freeze,
            Fault.STOP: self._stop,
            Fault.DATABASE_AWAY: self._take_database_away,
            Fault.NATS_AWAY: self._take_nats_away,
            Fault.PARTITION: self._part,
            Fault.WIPE: self._wipe,
            Fault.CUT_SOCKET: lambda: self._cut(0.0),
            Fault.ABSENCE: lambda: self._cut(self._random.uniform(2.0, LONG_ABSENCE)),
        }
        self._acts = [(fault, act) for fault, act in acts.items() if fault in around.weather.enabled]

    async def rage(self) -> None:
        """Strike until the storm is over."""
        while True:
            await asyncio.sleep(self._random.expovariate(1 / PAUSE))
            if self._around.weather.calm:
                return
            await self._strike_once()

    async def _strike_once(self) -> None:
        if Fault.TRIM in self._around.weather.enabled and self._random.random() < 0.15:
            await self._broker.trim(self._random)
            self._strike(Fault.TRIM, "the log")
        elif self._random.random() < 0.2:
            await self._random.choice(self._listeners).drop_one()
        elif self._acts:
            fault, act = self._random.choice(self._acts)
            self._strike(fault, act())

    def _strike(self, fault: Fault, target: str) -> None:
        if target:
            self._around.weather.strike(fault, target, self._around.loop.time())

    def _crash(self) -> str:
        if not (living := self._processes.living()):
            return ""
        life = self._random.choice(living).life
        life.wire.die()
        return life.name

    def _freeze(self) -> str:
        if not (living := self._processes.living()):
            return ""
        life = self._random.choice(living).life
        seconds = self._random.uniform(0.1, LONGEST_FREEZE)
        self._around.loop.freeze(life.process, seconds)
        return f"{life.name} for {seconds:.1f} s"

    def _stop(self) -> str:
        if not (staying := [one for one in self._processes.living() if not one.is_leaving]):
            return ""
        one = self._random.choice(staying)
        one.life.run(lambda: one.leave(one.life.wire.die))
        return one.life.name

    def _take_database_away(self) -> str:
        database = self._around.servers.database
        database.away = True
        self._around.loop.call_later(self._random.uniform(0.1, OUTAGE), database.come_back)
        return database.name

    def _take_nats_away(self) -> str:
        nats, seconds = self._around.servers.nats, self._random.uniform(0.1, OUTAGE)
        nats.away = True
        for gateway in self._living():
            gateway.link.cut(seconds + self._random.uniform(0.0, 1.0))
        self._around.loop.call_later(seconds, nats.come_back)
        return nats.name

    def _part(self) -> str:
        if not (living := self._living()):
            return ""
        gateway = self._random.choice(living)
        gateway.link.cut(self._random.uniform(0.1, OUTAGE))
        return gateway.life.name

    def _wipe(self) -> str:
        """Lose the storage, with the connections or, if only the stream was removed, without."""
        if self._random.random() < 0.5:
            self._take_nats_away()
        self._broker.wipe()
        return "NATS"

    def _cut(self, seconds: float) -> str:
        listener = self._random.choice(self._listeners)
        listener.lose_connection(seconds)
        return listener.part.name

    def _living(self) -> list[TopicGateway]:
        return [one for one in self._processes.gateways.values() if one.life.process.alive]
