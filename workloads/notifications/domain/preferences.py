"""Whether a person may be shown something now, later or not at all: what was wished for, and what overrides it.

The order is that of the design: a type that bypasses everything, a muted room, the user's wish for this type and
channel or else the tenant's, whether it is enabled, how often, and quiet hours.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from notifications.domain.jobs import Channel
from notifications.domain.local_time import next_time
from notifications.domain.notification import Priority
from notifications.domain.submission import Submission

# These are shown whatever a user wishes: an account that is in danger cannot wait for the morning.
BYPASSING_TYPES: Final = frozenset({"system", "security"})

UTC: Final = ZoneInfo("UTC")
# Less than a day, but clocks may jump over the time at which they end
_LONGEST_QUIET: Final = timedelta(days=3)


class Frequency(StrEnum):
    """How often: at once, or together at a certain hour of each day or week."""

    INSTANT = "instant"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` until just before `end`, never equal, on clocks in `zone`; over midnight when `end` is earlier."""

    start: time
    end: time
    zone: ZoneInfo

    def contain(self, at: datetime) -> bool:
        """Say whether a moment is within."""
        wall = at.astimezone(self.zone).time()
        if self.start < self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end

    def find_end(self, at: datetime) -> datetime:
        """Return the first moment after one that is within that is not."""
        end = next_time(at, self.end, self.zone)
        while self.contain(end):  # clocks jumped over all that is outside
            end = next_time(end, self.end, self.zone)
        return end


@dataclass(frozen=True, slots=True)
class Preference:
    """What a user, or a tenant for its users, wishes for one type on one channel."""

    enabled: bool = True
    frequency: Frequency = Frequency.INSTANT
    quiet_hours: QuietHours | None = None
    zone: ZoneInfo = UTC


@dataclass(frozen=True, slots=True)
class DigestHour:
    """When digests are put together, on the user's clock. `weekday` is that of weekly ones, 0 is Monday."""

    wall: time = time(9)
    weekday: int = 0


@dataclass(frozen=True, slots=True)
class Show:
    """Now."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Not before a moment, because of quiet hours or for a digest."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Skip:
    """Never on this channel."""

    reason: str


Decision = Show | Hold | Skip


@dataclass(frozen=True, slots=True)
class Wishes:
    """All that was wished for one type and channel; None where nothing was said. `muted`: the room it came through."""

    user: Preference | None = None
    tenant: Preference | None = None
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Over which channels a copy goes: the inbox, others from the start, and push when nobody has seen it there."""

    inbox: Decision
    channels: tuple[Channel, ...] = ()
    follow_up: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A preference and what it is for; the type EVERY_TYPE is for those that have no entry of their own."""

    type: str
    channel: Channel
    preference: Preference


DEFAULT: Final = Preference()
DEFAULT_DIGEST: Final = DigestHour()
UNSAID: Final = Wishes()
EVERY_TYPE: Final = "*"


def bypasses(type_: str, priority: Priority) -> bool:
    """Say whether a notification is shown whatever was wished for."""
    return type_ in BYPASSING_TYPES or priority == Priority.CRITICAL


def choose(entries: Mapping[str, Preference], type_: str) -> Preference | None:
    """Return which of somebody's preferences for a channel, by type, is for a notification of this type."""
    return entries.get(type_) or entries.get(EVERY_TYPE)


def judge(submission: Submission, wishes: Wishes, digest: DigestHour) -> Decision:
    """Return what becomes of a copy of a submission: nothing is shown before its time, whatever it bypasses."""
    message, due = submission.message, submission.due_at
    decision = Show() if bypasses(message.type, message.priority) else decide(wishes, due, digest)
    return Hold(due, "scheduled") if isinstance(decision, Show) and due > submission.accepted_at else decision


def make_plan(submission: Submission, find: Callable[[Channel], Wishes], digest: DigestHour) -> Plan:
    """Return over which channels a copy goes. `find` gives what was wished for a channel.

    Without channels named by the producer, those are the inbox, push when nobody has seen it there, and of the others
    what the user or else the tenant has asked for.
    """
    message, named, wishes = submission.message, submission.channels, find(Channel.WEBSOCKET)
    if wishes.muted and not bypasses(message.type, message.priority):
        return Plan(judge(submission, wishes, digest))
    shown = named is None or Channel.WEBSOCKET in named
    inbox = judge(submission, wishes, digest) if shown else Skip("the producer named other channels")
    follow_up = (named is None or Channel.PUSH in named) and not isinstance(inbox, Skip)
    others = (Channel.EMAIL, Channel.WEBHOOK) if follow_up else (Channel.EMAIL, Channel.PUSH, Channel.WEBHOOK)
    return Plan(inbox, tuple(channel for channel in others if _is_wanted(named, channel, find)), follow_up)


def _is_wanted(named: frozenset[Channel] | None, channel: Channel, find: Callable[[Channel], Wishes]) -> bool:
    if named is not None:
        return channel in named
    wishes = find(channel)
    wish = wishes.user or wishes.tenant
    return wish is not None and wish.enabled


def decide(wishes: Wishes, now: datetime, digest: DigestHour) -> Decision:
    """Return what becomes of a notification that bypasses nothing."""
    if wishes.muted:
        return Skip("room muted")
    wish = wishes.user or wishes.tenant or DEFAULT
    if not wish.enabled:
        return Skip("disabled by the user" if wishes.user else "disabled by the tenant")
    if wish.frequency != Frequency.INSTANT:
        return Hold(next_digest(wish, now, digest), f"{wish.frequency} digest")
    if wish.quiet_hours and wish.quiet_hours.contain(now):
        return Hold(wish.quiet_hours.find_end(now), "quiet hours")
    return Show()


def next_digest(wish: Preference, now: datetime, digest: DigestHour) -> datetime:
    """Return when the digest is due that what happens at `now` goes into: at its hour, or when it is quiet no more."""
    weekday = digest.weekday if wish.frequency == Frequency.WEEKLY else None
    hour = next_time(now - _LONGEST_QUIET, digest.wall, wish.zone, weekday)
    while (due := _wait_for_quiet_hours(wish, hour)) <= now:
        hour = next_time(hour, digest.wall, wish.zone, weekday)
    return due


def _wait_for_quiet_hours(wish: Preference, at: datetime) -> datetime:
    quiet = wish.quiet_hours
    return quiet.find_end(at) if quiet and quiet.contain(at) else at
