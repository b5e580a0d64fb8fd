"""A worker: the real use cases, wired as the entry point wires them, behind the faulty network."""

from notifications.app.consume import Consumer
from notifications.app.dispatch import WebsocketDispatcher
from notifications.app.sweep import Sweeper
from notifications.domain.errors import Unavailable
from notifications.domain.jobs import Queue
from tests.simulation.life import Life
from tests.simulation.silence import Silence

JOBS_AT_ONCE = 4


class Worker:
    """One life of a worker."""

    def __init__(self, life: Life) -> None:
        self.life = life
        life.run(lambda: life.tasks.start(self._serve(), "serve"))

    async def _serve(self) -> None:
        life, telemetry = self.life, Silence()
        try:
            await life.queue.ensure()
        except Unavailable:
            life.wire.die()  # the entry point ends, and whoever supervises it starts it again
            return
        dispatch = WebsocketDispatcher(life.store, life.inbox_bus).dispatch
        for name in Queue:
            consumer = Consumer(name, JOBS_AT_ONCE, life.queue, life.store, telemetry)
            life.tasks.start(consumer.run(dispatch), f"consume {name}")
        life.tasks.start(Sweeper(life.queue, life.store, telemetry).run(), "sweep")
