"""Finds wake-ups that were lost: compares the heads of the inboxes with what was shown."""

import asyncio
import logging
from collections.abc import Callable

from notifications.app.tasks import Tasks
from notifications.domain.errors import Unavailable
from notifications.domain.limits import POSITION_CHECK, POSITION_CHECK_AFTER_JOIN
from notifications.domain.notification import UserKey
from notifications.ports.store import InboxStore

_log = logging.getLogger(__name__)


class PositionWatch:
    """One batched query a period, and one soon after joins: NATS does not say when interest is known everywhere."""

    def __init__(self, inbox: InboxStore, check: Callable[[UserKey, int], None], tasks: Tasks) -> None:
        self._inbox = inbox
        self._check = check
        self._tasks = tasks
        self._soon: dict[UserKey, None] = {}
        self._checking: asyncio.Task[None] | None = None

    async def run(self, owners: Callable[[], list[UserKey]]) -> None:
        """Check all that are held here until cancelled."""
        while True:
            await asyncio.sleep(POSITION_CHECK)
            await self.check(owners())

    def soon(self, *owners: UserKey) -> None:
        """Check owners POSITION_CHECK_AFTER_JOIN from now or a little later, together with the others of that time."""
        self._soon.update(dict.fromkeys(owners))
        if self._soon and (self._checking is None or self._checking.done()):
            self._checking = self._tasks.start(self._check_soon(), "position check")

    async def check(self, owners: list[UserKey]) -> None:
        """Compare now. A database that cannot be asked is asked at the next period."""
        if not owners:
            return
        try:
            heads = await self._inbox.heads(owners)
        except Unavailable as error:
            _log.warning("position check skipped", extra={"reason": str(error)})
            return
        for owner, head in heads.items():
            self._check(owner, head.seq)

    async def _check_soon(self) -> None:
        while self._soon:  # who comes while this waits is left to the next turn: to be checked at once proves nothing
            owners, self._soon = list(self._soon), {}
            await asyncio.sleep(POSITION_CHECK_AFTER_JOIN)
            await self.check(owners)
