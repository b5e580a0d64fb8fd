"""What was said in topics, page by page."""

from dataclasses import dataclass

from notifications.app.access import Access
from notifications.app.log_reader import LogReader
from notifications.domain.access import Action
from notifications.domain.cursor import Cursor
from notifications.domain.errors import Resync
from notifications.domain.principal import Principal
from notifications.domain.topics import Topic
from notifications.ports.clock import Clock
from notifications.ports.topics import TopicLog


@dataclass(frozen=True, slots=True)
class Chapter:
    """Messages as clients get them, the cursor behind them, and whether more follow."""

    messages: tuple[str, ...]
    cursor: Cursor
    more: bool


class History:
    """Reads for those who may listen. Raises Forbidden, Resync or Unavailable."""

    def __init__(self, log: TopicLog, access: Access, clock: Clock) -> None:
        self._log = log
        self._reader = LogReader(log, clock)
        self._access = access

    async def read(self, principal: Principal, topic: Topic, after: Cursor | None, limit: int) -> Chapter:
        """Return what was said after a cursor, or as long ago as it is kept."""
        await self._access.check(principal, topic, Action.JOIN)
        end = await self._log.find_end()
        if after is not None and not end.holds_all_after(after):
            raise Resync("what was said since then is no longer kept completely")
        page = await self._log.read(topic, after.topics_seq if after else 0, limit)
        upto = page.upto if page.more else max(page.upto, end.last)
        said = tuple(said.live for entry in page.entries if (said := self._reader.prepare(entry)))
        return Chapter(said, Cursor(0, 0, end.epoch, upto), page.more)
