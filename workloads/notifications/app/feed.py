"""The live changes of one inbox, on a gateway that holds sockets of its owner."""

import asyncio
from collections.abc import Callable

from notifications.app.session import Session
from notifications.app.tasks import Tasks
from notifications.domain.errors import Unavailable
from notifications.domain.inbox import InboxEvent
from notifications.domain.notification import UserKey
from notifications.ports.bus import InboxBus, Subscription

_PATIENCE = 2.0
_PAUSE = 1.0


class Feed:
    """The sessions of one owner behind one subscription. A feed is used once: from its first session to its last."""

    def __init__(self, owner: UserKey, bus: InboxBus, tasks: Tasks, on_late: Callable[[UserKey], None]) -> None:
        self.sessions: dict[Session, None] = {}
        self._owner = owner
        self._bus = bus
        self._tasks = tasks
        self._on_late = on_late
        self._subscription = tasks.start(self._subscribe(), "subscribe to an inbox")

    async def ready(self) -> None:
        """Return when live changes arrive; without a bus after a short wait, for the inbox can be read without it."""
        _, late = await asyncio.wait([self._subscription], timeout=_PATIENCE)
        if late:
            self._subscription.add_done_callback(lambda _: self._on_late(self._owner))

    def offer(self, event: InboxEvent) -> None:
        """Hand an event to every session."""
        for session in tuple(self.sessions):
            session.offer(event)

    def close(self) -> None:
        """Give up the subscription in the background."""
        self._tasks.start(self._unsubscribe(), "unsubscribe from an inbox")

    async def _subscribe(self) -> Subscription:
        while True:
            try:
                return await self._bus.subscribe(self._owner, self.offer)
            except Unavailable:
                await asyncio.sleep(_PAUSE)

    async def _unsubscribe(self) -> None:
        if not self._subscription.done():
            self._subscription.cancel()
        await asyncio.wait([self._subscription])
        if not self._subscription.cancelled():
            await self._subscription.result().close()
