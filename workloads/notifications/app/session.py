"""One socket's place in its owner's inbox: what it was shown, and how it catches up with what it was not."""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from notifications.app.follower import Follower
from notifications.app.reader import InboxReader
from notifications.app.tasks import Tasks
from notifications.domain import cursor
from notifications.domain.cursor import Cursor
from notifications.domain.errors import Invalid, Resync, SlowConsumer, Unavailable
from notifications.domain.inbox import InboxEvent, Place, place
from notifications.domain.introduction import SILENT
from notifications.domain.limits import HELD_EVENTS, MAX_UNACKNOWLEDGED
from notifications.domain.presence import Status
from notifications.domain.principal import Principal
from notifications.ports.socket import Socket

_log = logging.getLogger(__name__)
_PAUSE = 1.0


class Report(Protocol):
    """Is told what becomes of events. `repaired` says that the inbox had to be read for one."""

    def sent(self, event: InboxEvent, repaired: bool) -> None:
        """Take note of an event that was queued for a socket."""
        ...

    def delivered(self, id: UUID, repaired: bool) -> None:
        """Take note that a notification has reached a device."""
        ...


@dataclass(frozen=True, slots=True)
class _Sent:
    """A notification that was sent; it has arrived when the number `seq` is acknowledged."""

    seq: int
    id: UUID
    repaired: bool


class Session:
    """Shows a socket every change after its position once, in order.

    While it is live, an event that follows the position is sent at once. Anything else, a gap or a socket without
    room, makes it catch up: read the inbox from the position, hold what arrives meanwhile, merge, go live again.

    What is sent counts as delivered until the device acknowledges for the first time: then what it acknowledges does.
    """

    def __init__(self, socket: Socket, principal: Principal, reader: InboxReader, report: Report, tasks: Tasks) -> None:
        self.socket = socket
        self.principal = principal
        self.introduction = SILENT
        self.position = 0
        self.due: int | None = None
        """The place that `Expiry` keeps it in; for that alone."""
        self.connected_at: int | None = None
        """When it was counted among those of its user, in milliseconds since 1970; None before."""
        self.topics: Follower | None = None
        """What it follows beside the inbox."""
        self.status = Status.ONLINE
        """What it says of its user to members of its rooms."""
        self.private_id: str | None = None
        """Under which its client comes back to it."""
        self._reader = reader
        self._report = report
        self._tasks = tasks
        self._epoch = 0
        self._told = 0
        self._held: list[InboxEvent] = []
        self._live = False
        self.ended = False
        """Whether it sends nothing more, for good."""
        self._pending: tuple[_Sent, ...] = ()
        self._acknowledged = 0
        self._unacknowledged: deque[_Sent] | None = None

    def begin(self, at: Cursor, pending: tuple[UUID, ...] = (), *, behind: bool = True) -> None:
        """Take the position, what was shown as pending, and whether there is more to read. Events were held so far."""
        self._epoch, self.position, self._told = at.inbox_epoch, at.inbox_seq, at.inbox_seq
        self._pending = tuple(_Sent(at.inbox_seq, id, repaired=True) for id in pending)
        if behind or not self._merge():
            self._fall_behind()

    def offer(self, event: InboxEvent) -> None:
        """Take an event that may be next, old, or too new."""
        if self.ended:
            return
        if not self._live:
            self._hold(event)
        elif not self._show(event, repaired=False):
            self._hold(event)
            self._fall_behind()

    def acknowledge(self, at: Cursor) -> None:
        """Take all that was sent up to a cursor for delivered. Raises Invalid for a cursor of another inbox."""
        if at.inbox_epoch != self._epoch:
            raise Invalid("the cursor is of another inbox")
        if self._unacknowledged is None:
            self._unacknowledged, self._pending = deque(self._pending, MAX_UNACKNOWLEDGED), ()
        self._acknowledged = max(self._acknowledged, at.inbox_seq)
        while self._unacknowledged and self._unacknowledged[0].seq <= self._acknowledged:
            arrived = self._unacknowledged.popleft()
            self._report.delivered(arrived.id, arrived.repaired)

    def check(self, head: int) -> None:
        """Catch up if the inbox ends beyond the position: a wake-up was lost."""
        if self._live and head > self.position:
            self._fall_behind()

    def cursor(self) -> str:
        """Return the cursor of the position."""
        return self._write_cursor(self.position)

    def tell_position(self) -> None:
        """Tell the client a position that no event has told it, such as one behind expired notifications."""
        if self.topics is not None and self.topics.advance():
            self.tell_topics()
        elif self._live:
            self._tell()

    def tell_topics(self) -> bool:
        """Tell the client its position after topics have brought something, whether the inbox is live or not.

        Returns False if the socket has no room.
        """
        return not self.ended and self._send_position()

    def end(self) -> None:
        """Stop sending."""
        self.ended, self._live = True, False
        self._held.clear()
        if self.topics is not None:
            self.topics.close()

    def _hold(self, event: InboxEvent) -> None:
        if len(self._held) == HELD_EVENTS:
            self._held.pop()  # the newest stays: the gap before it makes the merge read again
        self._held.append(event)

    def _show(self, event: InboxEvent, *, repaired: bool) -> bool:
        """Send the event if it is next. Returns False if the inbox must be read, or the socket has no room."""
        match place(self.position, event):
            case Place.STALE:
                return True
            case Place.GAP:
                return False
            case Place.NEXT:
                return self._send(event, repaired)

    def _send(self, event: InboxEvent, repaired: bool) -> bool:
        if event.prev > self._told and not self._tell():
            return False  # a client that was not told of what it need not see would find a gap before this event
        if not self.socket.send(event.name, event.body, self._write_cursor(event.seq)):
            return False
        self.position = self._told = event.seq
        self._report.sent(event, repaired)
        if event.shows is not None:
            self._count(_Sent(event.seq, event.shows, repaired))
        return True

    def _count(self, sent: _Sent) -> None:
        """Leave it to a device that acknowledges; by asking for changes it may have got this one before."""
        if self._unacknowledged is None or sent.seq <= self._acknowledged:
            self._report.delivered(sent.id, sent.repaired)
        else:
            self._unacknowledged.append(sent)

    def _tell(self) -> bool:
        """See to it that the client knows the position. Returns False if the socket has no room."""
        return self.position <= self._told or self._send_position()

    def _send_position(self) -> bool:
        if not self.socket.send("position", f'"{self.cursor()}"'):
            return False
        self._told = self.position
        return True

    def _write_cursor(self, seq: int) -> str:
        topics = self.topics
        if topics is None:
            return cursor.write(self._epoch, seq, 0, 0)
        return cursor.write(self._epoch, seq, topics.epoch, topics.position)

    def _fall_behind(self) -> None:
        self._live = False
        self._tasks.start(self._catch_up(), f"catch up {self.socket.id}")

    async def _catch_up(self) -> None:
        while not self.ended:
            try:
                await self.socket.drained()
                if await self._read() and self._merge():
                    return
            except SlowConsumer as error:
                _log.info("slow consumer", extra={"user": self.principal.owner.user, "reason": str(error)})
                self._send_away()
            except Unavailable:
                await asyncio.sleep(_PAUSE)
            except Resync:
                self._send_away()  # it comes back with its cursor and is greeted with what is left
            except Exception:
                self._send_away()  # it comes back with its cursor, which beats a socket that stays silent
                raise

    def _send_away(self) -> None:
        self.end()
        self.socket.close()

    async def _read(self) -> bool:
        """Show the next page; returns whether the inbox was read to its end and all of it was sent."""
        page = await self._reader.read(self.principal.owner, self.position)
        if self.ended or not all(self._show(event, repaired=True) for event in page.events):
            return False
        self.position = max(self.position, page.upto)
        return not page.more

    def _merge(self) -> bool:
        """Show what arrived while reading and go live; returns False if that leaves a gap."""
        held, self._held = self._held, []
        self._live = not self.ended and all(self._show(event, repaired=False) for event in held)
        if self._live:
            self.tell_position()
        return self._live
