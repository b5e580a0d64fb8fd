"""People with several devices each, who are sent a steady trickle of notifications."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from tests.e2e.identity_provider import IdentityProvider
from tests.support.follower import Follower, following
from tests.support.producer import Producer
from tests.support.waiting import eventually

USERS = tuple(f"steady-{number}" for number in range(10))
DEVICES_EACH = 2
TASKS = 4
PER_SECOND = 20
SECONDS_TO_END = 60


@dataclass
class Audience:
    """The devices by their users, and who sends to them."""

    devices: dict[str, tuple[Follower, ...]]
    producer: Producer
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    sated: bool = False

    @classmethod
    def at(cls, url: str, identity_provider: IdentityProvider) -> "Audience":
        """An audience that is not there yet; its tokens live an hour."""
        sign = identity_provider.sign
        devices = {user: tuple(Follower(url, sign(user)) for _ in range(DEVICES_EACH)) for user in USERS}
        return cls(devices, Producer(url, sign("producer"), pause=TASKS / PER_SECOND))

    @property
    def places(self) -> dict[str, int]:
        """Up to which place each inbox has been filled."""
        return {user: self.producer.last_place(user) for user in USERS}

    @property
    def expected(self) -> dict[str, list[str]]:
        """The ids that were accepted for each user, in order."""
        return {user: [id for _, id in sorted(self.producer.accepted[user].items())] for user in USERS}

    @property
    def connects(self) -> int:
        """How often devices connected."""
        return sum(device.connects for own in self.devices.values() for device in own)

    async def hear(self, within: float) -> list[float]:
        """Wait until something that is accepted from now on arrived on every device; after how many seconds it did."""
        places, begun = self.places, time.monotonic()

        async def hear(device: Follower, place: int) -> float:
            await eventually(lambda: device.seq > place, within=within, what="news on every device")
            return time.monotonic() - begun

        waits = (hear(device, places[user]) for user, own in self.devices.items() for device in own)
        return sorted(await asyncio.gather(*waits))

    def has_all(self) -> bool:
        """Whether as much has arrived on every device as was accepted for it."""
        return all(len(device.arrivals) >= len(self.expected[user]) for user in USERS for device in self.devices[user])

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """All devices stay connected until the end of the block."""
        async with following([device for own in self.devices.values() for device in own]):
            yield

    @asynccontextmanager
    async def entertained(self) -> AsyncIterator[None]:
        """Notifications are sent until the end of the block, and then until the last of them is accepted."""
        recipients = self._choose()
        async with aiohttp.ClientSession() as client:
            tasks = [asyncio.create_task(self.producer.send_all(recipients, client)) for _ in range(TASKS)]
            try:
                yield
            finally:
                self.sated = True
                _, late = await asyncio.wait(tasks, timeout=SECONDS_TO_END)
                for task in late:
                    task.cancel()
            await asyncio.gather(*tasks)

    def _choose(self) -> Iterator[str]:
        while not self.sated:
            yield self.chance.choice(USERS)
