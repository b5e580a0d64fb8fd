"""What a user's clock says, and when it will say something again. Summer time makes some times double and skips some.

Times are aware datetimes in UTC; wall times are hours and minutes on the clock of a time zone.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifications.domain.errors import Invalid

_DAYS_LOOKED_AT = range(-1, 9)
_RESOLUTION = timedelta(seconds=1)


def find_zone(name: str) -> ZoneInfo:
    """Return the time zone with an IANA name such as `Europe/Vienna`; raise Invalid when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise Invalid(f"timeZone: {name!r} is no time zone; write it like Europe/Vienna") from error


def next_time(after: datetime, wall: time, zone: ZoneInfo, weekday: int | None = None) -> datetime:
    """Return the first moment later than `after` at which clocks in `zone` come to `wall`, on `weekday` if given.

    Monday is 0. A wall time that clocks skip is come to when they skip it; of one that comes twice, each counts.
    """
    today = after.astimezone(zone).date()
    days = [today + timedelta(days=offset) for offset in _DAYS_LOOKED_AT]
    wanted = [day for day in days if weekday is None or day.weekday() == weekday]
    return min(moment for day in wanted for moment in _moments(day, wall, zone) if moment > after)


def _moments(day: date, wall: time, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Return when clocks in `zone` come to `wall` on that day: once, or twice when they are set back over it."""
    early, late = (datetime.combine(day, wall, zone).replace(fold=fold) for fold in (0, 1))
    first, second = early.astimezone(UTC), late.astimezone(UTC)
    if first <= second:
        return (first, second)
    return (_find_jump(second, first, zone),)


def _find_jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment between the two at which clocks in `zone` are set."""
    old = before.astimezone(zone).utcoffset()
    while after - before > _RESOLUTION:
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
