"""Strikes whole processes, servers and connections at random times, for as long as the storm lasts."""

import asyncio
from collections.abc import Sequence

from tests.simulation.device import Device
from tests.simulation.gateway import Gateway
from tests.simulation.history import Restored
from tests.simulation.life import Surroundings
from tests.simulation.plan import BURSTS
from tests.simulation.processes import Processes
from tests.simulation.weather import Fault
from tests.simulation.wire import Server

PAUSE = 2.5
OUTAGE = 6.0
LONG_OUTAGE = 30.0
"""Long enough for a mail to be given up. It may outlast the storm, and meet jobs that dead workers left."""
LONG_ABSENCE = 20.0
LONG_FREEZE = 36.0
"""Longer than JOB_LOCK: its jobs go to somebody else, and then it wakes up."""
RESTORE_TAKES = 7.0
"""Longer than anything can still be on its way to the database or from it."""


class Nemesis:
    """Strikes with what the seed enables."""

    def __init__(self, around: Surroundings, processes: Processes[Gateway], devices: Sequence[Device]) -> None:
        self._around = around
        self._processes = processes
        self._devices = devices
        self._random = around.weather.random
        acts = {
            Fault.CRASH: self._crash,
            Fault.FREEZE: self._freeze,
            Fault.STOP: self._stop,
            Fault.DATABASE_AWAY: self._take_database_away,
            Fault.NATS_AWAY: self._take_nats_away,
            Fault.PROVIDER_AWAY: self._take_provider_away,
            Fault.WIPE: self._wipe,
            Fault.CUT_SOCKET: self._cut,
            Fault.ABSENCE: self._send_away,
        }
        self._acts = [(fault, act) for fault, act in acts.items() if fault in around.weather.enabled]

    async def rage(self) -> None:
        """Strike until the storm is over."""
        while self._acts:
            await asyncio.sleep(self._random.expovariate(1 / PAUSE))
            if self._around.weather.calm:
                return
            fault, act = self._random.choice(self._acts)
            self._strike(fault, act())

    async def restore(self) -> None:
        """Take a backup before the first burst, and go back to it between the two."""
        if Fault.RESTORE not in self._around.weather.enabled:
            return
        first, second = BURSTS
        await asyncio.sleep(self._random.uniform(0.0, first))
        backup = await self._around.servers.back_up()
        halt_at = self._random.uniform(first + 1.0, second - RESTORE_TAKES)
        await asyncio.sleep(halt_at - self._around.loop.time())
        self._processes.halt()
        await asyncio.sleep(RESTORE_TAKES)
        self._strike(Fault.RESTORE, "the database")
        self._around.weather.history.events.append(Restored(self._around.loop.time()))
        self._around.servers.restore(backup)
        for device in self._devices:  # who comes back late finds new changes under old numbers
            device.lose_connection(self._random.choice([0.0, LONG_ABSENCE]))
        self._processes.start()

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
        seconds = self._random.choice([self._random.uniform(0.1, 5.0), LONG_FREEZE])
        self._around.loop.freeze(life.process, seconds)
        return f"{life.name} for {seconds:.1f} s"

    def _stop(self) -> str:
        if not (staying := [one for one in self._processes.living() if not one.is_leaving]):
            return ""
        one = self._random.choice(staying)
        one.life.run(lambda: one.leave(one.life.wire.die))
        return one.life.name

    def _take_database_away(self) -> str:
        return self._take_away(self._around.servers.database)

    def _take_nats_away(self) -> str:
        return self._take_away(self._around.servers.nats)

    def _take_provider_away(self) -> str:
        return self._take_away(self._around.servers.provider, LONG_OUTAGE)

    def _take_away(self, server: Server, longest: float = OUTAGE) -> str:
        server.away = True
        self._around.loop.call_later(self._random.uniform(0.1, longest), server.come_back)
        return server.name

    def _wipe(self) -> str:
        self._around.servers.queue.wipe()
        return "NATS"

    def _cut(self) -> str:
        device = self._random.choice(self._devices)
        device.lose_connection()
        return device.name

    def _send_away(self) -> str:
        device = self._random.choice(self._devices)
        device.lose_connection(self._random.uniform(2.0, LONG_ABSENCE))
        return device.name
