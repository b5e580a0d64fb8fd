"""Push: wakes the recipient's devices when nobody has seen a notification on a socket."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from notifications.app.compose import Composer
from notifications.app.courier import Send
from notifications.app.failover import Failover
from notifications.app.phrasing import Bundle
from notifications.domain.contact import Contact
from notifications.domain.errand import Errand
from notifications.domain.errors import (
    DeadToken,
    LeftAlone,
    NotConfigured,
    Nowhere,
    Rejected,
    TemporaryFailure,
    Unavailable,
)
from notifications.domain.jobs import Channel
from notifications.domain.limits import MAX_HALF_PUSHED
from notifications.domain.network import origin
from notifications.domain.notification import UserKey
from notifications.domain.push import Device, DeviceKind, Push, Subscription
from notifications.domain.variables import Reader
from notifications.ports.clock import Clock
from notifications.ports.contact import ContactStore, DeviceStore
from notifications.ports.provider import PushProvider

_log = logging.getLogger(__name__)
_Failure = TemporaryFailure | Rejected | NotConfigured


class PushCarrier:
    """The Carrier of push messages. Devices that have taken one are not woken again when others failed."""

    channel = Channel.PUSH

    def __init__(
        self,
        providers: Mapping[DeviceKind, Failover[PushProvider]],
        contacts: ContactStore,
        devices: DeviceStore,
        composer: Composer,
        clock: Clock,
    ) -> None:
        self._providers = providers
        self._contacts = contacts
        self._devices = devices
        self._composer = composer
        self._clock = clock
        self._woken: OrderedDict[UUID, set[UUID]] = OrderedDict()

    def find_reason_to_skip(self, errand: Errand) -> str | None:
        """Return that it was seen or read."""
        if errand.notification.read_at:
            return "read meanwhile"
        return "seen on a socket" if errand.delivered_at else None

    async def prepare(self, errand: Errand) -> Send:
        """Return what wakes the devices for a notification."""
        notification = errand.notification
        devices = await self._find_devices(notification.owner)
        reader = await self._find_reader(notification.owner)
        push = await self._composer.compose_push(notification, reader, self._clock())
        return partial(self._wake_all, push, devices)

    async def prepare_digest(self, bundle: Bundle) -> Send:
        """Return what wakes the devices for a digest."""
        devices = await self._find_devices(bundle.owner)
        push = await self._composer.compose_digest_push(bundle, await self._find_reader(bundle.owner))
        return partial(self._wake_all, push, devices)

    async def _find_devices(self, owner: UserKey) -> tuple[Device, ...]:
        devices = await self._devices.devices(owner)
        if not devices:
            raise Nowhere("the recipient has no device")
        return devices

    async def _find_reader(self, owner: UserKey) -> Reader:
        card = await self._contacts.card(owner) or Contact()
        return Reader(card.name, card.locale)

    async def _wake_all(self, push: Push, devices: Sequence[Device], within: float) -> None:
        woken = self._woken.pop(push.id, set[UUID]())
        asleep = [device for device in devices if device.id not in woken]
        failures = await asyncio.gather(*(self._wake(push, device, within) for device in asleep))
        await self._forget(
            [each for each, failure in zip(asleep, failures, strict=True) if isinstance(failure, DeadToken)]
        )
        woken |= {device.id for device, failure in zip(asleep, failures, strict=True) if failure is None}
        self._judge(push, woken, [failure for failure in failures if failure is not None])

    async def _forget(self, dead: Sequence[Device]) -> None:
        """What cannot be deleted now is found dead the next time; it must not have the others woken once more."""
        if not dead:
            return
        told = {"tenant": dead[0].owner.tenant, "devices": len(dead)}
        try:
            await self._devices.forget([device.id for device in dead])
        except Unavailable as error:
            _log.warning("dead devices not forgotten", extra={**told, "reason": str(error)})
        else:
            _log.info("devices forgotten", extra=told)

    def _judge(self, push: Push, woken: set[UUID], failures: Sequence[_Failure]) -> None:
        """Raise what failed, if it may still succeed, or if no device was woken."""
        temporary = [failure for failure in failures if isinstance(failure, TemporaryFailure)]
        if temporary:
            self._remember(push, woken)
            # One that was tried, if any was: it counts as an attempt, or this would go on for a day
            raise min(temporary, key=lambda failure: isinstance(failure, LeftAlone))
        if not woken and failures:
            alive = [failure for failure in failures if not isinstance(failure, DeadToken)]
            raise alive[0] if alive else Nowhere("no device of the recipient is left")

    def _remember(self, push: Push, woken: set[UUID]) -> None:
        self._woken[push.id] = woken
        if len(self._woken) > MAX_HALF_PUSHED:
            self._woken.popitem(last=False)

    async def _wake(self, push: Push, device: Device, within: float) -> _Failure | None:
        scope = origin(device.target.endpoint) if isinstance(device.target, Subscription) else ""
        try:
            await self._providers[device.kind].call(lambda provider: provider.send(push, device), scope, within)
        except (TemporaryFailure, Rejected, NotConfigured) as failure:
            return failure
        return None
