"""A user of a run: where they are reached, and what they wish for.

Runs begin shortly before midnight UTC, which is when digests go out in Tokyo, and when quiet hours end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from random import Random
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from notifications.domain.contact import Contact
from notifications.domain.jobs import Channel
from notifications.domain.notification import UserKey
from notifications.domain.preferences import EVERY_TYPE, UTC, Entry, Frequency, Preference, QuietHours
from notifications.domain.push import Device, DeviceKind

MIDNIGHT: Final = 20.0
"""Seconds after the start of a run."""
TOKYO: Final = ZoneInfo("Asia/Tokyo")
INSTANT: Final = Preference()
DISABLED: Final = Preference(enabled=False)
QUIET: Final = Preference(quiet_hours=QuietHours(time(22), time(0), UTC))
DAILY: Final = Preference(frequency=Frequency.DAILY, zone=TOKYO)
WEEKLY: Final = Preference(frequency=Frequency.WEEKLY, zone=TOKYO)
WISHES: Final[dict[Channel, Sequence[Preference | None]]] = {
    Channel.WEBSOCKET: (None, None, QUIET),
    Channel.EMAIL: (None, INSTANT, QUIET, QUIET, DISABLED, DAILY, DAILY, DAILY, WEEKLY),
    Channel.PUSH: (None, None, None, INSTANT, QUIET, DISABLED, DAILY),
    Channel.WEBHOOK: (None, INSTANT),
}
MOST_WAKING: Final = 3


@dataclass(frozen=True, slots=True)
class Person:
    """`waking` are the devices that a push service can wake."""

    contact: Contact
    waking: tuple[Device, ...]
    wishes: tuple[Entry, ...]

    def wish(self, channel: Channel) -> Preference | None:
        """Return what is wished for a channel, None if nothing was said."""
        return next((entry.preference for entry in self.wishes if entry.channel is channel), None)


def draw_person(owner: UserKey, number: int, random: Random) -> Person:
    """Draw one; `number` tells people apart."""
    drawn = {channel: random.choice(wishes) for channel, wishes in WISHES.items()}
    domain = f"{owner.user}.{owner.tenant}.example"
    return Person(
        Contact(
            email=f"{owner.user}@{owner.tenant}.example" if random.random() < 0.9 else None,
            webhook=f"https://{domain}/hook" if random.random() < 0.8 else None,
        ),
        tuple(
            Device(UUID(int=100 * number + each), owner, DeviceKind.FCM, f"{domain}:{each}")
            for each in range(random.randint(0, MOST_WAKING))
        ),
        tuple(Entry(EVERY_TYPE, channel, wish) for channel, wish in drawn.items() if wish is not None),
    )
