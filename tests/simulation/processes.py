"""The gateways and workers of a run: whoever dies is started again under its name, with nothing in memory."""

from collections.abc import Callable
from typing import Generic, TypeVar

from tests.simulation.gateway import Gateway
from tests.simulation.life import Life, Surroundings
from tests.simulation.worker import Worker

LONGEST_RESTART = 4.0
G = TypeVar("G", bound=Gateway)


class Processes(Generic[G]):
    """All processes of one run; `open_gateway` begins a life of a gateway."""

    def __init__(self, around: Surroundings, open_gateway: Callable[[Life], G], gateways: int, workers: int) -> None:
        self.gateways: dict[str, G] = {}
        self.workers: dict[str, Worker] = {}
        self._around = around
        self._open_gateway = open_gateway
        self._names = [("gateway", f"gateway-{number}") for number in range(gateways)]
        self._names += [("worker", f"worker-{number}") for number in range(workers)]
        self._are_halted = False

    def start(self) -> None:
        """Start all that do not live."""
        self._are_halted = False
        for role, name in self._names:
            self._start(role, name)

    def halt(self) -> None:
        """Kill all, and let them stay dead until `start`."""
        self._are_halted = True
        for one in self.living():
            one.life.wire.die()

    def living(self) -> list[G | Worker]:
        """Return the processes that live."""
        everyone: list[G | Worker] = [*self.gateways.values(), *self.workers.values()]
        return [one for one in everyone if one.life.process.alive]

    def are_well(self) -> bool:
        """Say whether all live and run, and none of them is about to leave."""
        living = self.living()
        are_ready = all(one.life.process.frozen is None and not one.is_leaving for one in living)
        return are_ready and len(living) == len(self._names)

    def find_leaks(self) -> list[str]:
        """Return who runs tasks beyond those that never end, now that there is nothing to do."""
        return [
            f"{one.life.name} at rest runs {len(one.life.tasks) - one.endless} tasks too many"
            for one in self.living()
            if len(one.life.tasks) > one.endless
        ]

    def choose_gateway(self) -> G | None:
        """Return a gateway that listens, as a load balancer does."""
        listening = [one for one in self.gateways.values() if one.life.process.alive and one.is_listening]
        return self._around.weather.random.choice(listening) if listening else None

    def _start(self, role: str, name: str) -> None:
        if self._are_halted:
            return
        life = Life(role, name, self._around)
        life.wire.at_death(lambda: self._start_later(role, name))
        if role == "gateway":
            self.gateways[name] = self._open_gateway(life)
        else:
            self.workers[name] = Worker(life)

    def _start_later(self, role: str, name: str) -> None:
        delay = self._around.weather.random.uniform(0.1, LONGEST_RESTART)
        self._around.loop.call_later(delay, self._start, role, name)
