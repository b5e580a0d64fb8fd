"""A worker: the real use cases, wired as the entry point wires them, behind the faulty network."""

import asyncio
from collections.abc import Callable

from notifications.app.consume import Consumer
from notifications.app.dispatch import Ledger, WebsocketDispatcher
from notifications.app.expand import Expander
from notifications.app.relay import Relay
from notifications.app.release import Releaser
from notifications.app.sweep import Sweeper
from notifications.domain.errors import Unavailable
from notifications.domain.jobs import LANES, Channel
from tests.simulation.couriers import build_couriers
from tests.simulation.life import Life
from tests.simulation.silence import Silence

JOBS_AT_ONCE = 4
ROOM_CHUNK = 1


class Worker:
    """One life of a worker."""

    endless = len(LANES) + 3
    """How many of its tasks run as long as it lives."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.is_leaving = False
        life.run(lambda: life.tasks.start(self._serve(), "serve"))

    def leave(self, left: Callable[[], None]) -> None:
        """Finish what is in hand, and tell when that is done."""
        self.is_leaving = True
        stopping = asyncio.ensure_future(self.life.tasks.stop())
        stopping.add_done_callback(lambda _: left())

    async def _serve(self) -> None:
        life, telemetry = self.life, Silence()
        try:
            await life.queue.ensure()
        except Unavailable:
            life.wire.die()  # the entry point ends, and whoever supervises it starts it again
            return
        dispatcher, ledger = WebsocketDispatcher(life.store, life.inbox_bus), Ledger(life.store)
        serve = {Channel.WEBSOCKET: dispatcher.serve, **build_couriers(life)}
        for lane in LANES:
            consumer = Consumer(lane, JOBS_AT_ONCE, life.queue, telemetry)
            life.tasks.start(consumer.run(serve[lane.channel], ledger.settle), f"consume {lane.name}")
        life.tasks.start(Sweeper(life.queue, life.store, telemetry).run(), "sweep")
        relay = Relay(life.queue, life.store, life.tasks)
        life.tasks.start(Releaser(life.store, relay.start).run(), "release")
        expander = Expander(life.rooms, relay.start, telemetry, life.make_id, life.store, chunk=ROOM_CHUNK)
        life.tasks.start(expander.run(), "expand")
