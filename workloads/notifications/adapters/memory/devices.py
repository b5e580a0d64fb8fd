"""Devices in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from notifications.domain.errors import NotFound
from notifications.domain.limits import MAX_DEVICES
from notifications.domain.notification import UserKey
from notifications.domain.push import Device, Subscription
from notifications.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class _Seen:
    device: Device
    at: datetime


class MemoryDevices:
    """The DeviceStore."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[UUID, _Seen] = {}

    async def register(self, device: Device) -> Device:
        """Keep a device as just seen."""
        same = [known for known in self._own(device.owner) if replace(known, id=device.id) == device]
        kept = replace(device, id=same[0].id) if same else device
        self._drop(lambda known: _place(known) == _place(device))
        self._kept[kept.id] = _Seen(kept, self._clock())
        surplus = self._own(device.owner)[MAX_DEVICES:]
        self._drop(lambda known: known in surplus)
        return kept

    async def devices(self, owner: UserKey) -> tuple[Device, ...]:
        """Return a user's devices."""
        return tuple(self._own(owner))

    async def remove(self, owner: UserKey, id: UUID) -> None:
        """Delete one of a user's devices."""
        if id not in self._kept or self._kept[id].device.owner != owner:
            raise NotFound("you have no such device")
        del self._kept[id]

    async def forget(self, ids: Sequence[UUID]) -> None:
        """Delete devices whose tokens are dead."""
        self._drop(lambda known: known.id in ids)

    def forget_owner(self, owner: UserKey) -> None:
        """Delete all devices of a user."""
        self._drop(lambda known: known.owner == owner)

    def has(self, owner: UserKey) -> bool:
        """Say whether a user has any."""
        return bool(self._own(owner))

    def _own(self, owner: UserKey) -> list[Device]:
        seen = [seen for seen in self._kept.values() if seen.device.owner == owner]
        return [each.device for each in sorted(seen, key=lambda each: (each.at, each.device.id), reverse=True)]

    def _drop(self, unwanted: Callable[[Device], bool]) -> None:
        self._kept = {id: seen for id, seen in self._kept.items() if not unwanted(seen.device)}


def _place(device: Device) -> tuple[str, str, str]:
    """Return what two devices of a tenant never share, whoever owns them."""
    target = device.target.endpoint if isinstance(device.target, Subscription) else device.target
    return device.owner.tenant, device.kind, target
