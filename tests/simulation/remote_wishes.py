"""What is known of users, and their digests, as a worker sees them through the network."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID

from notifications.domain.contact import Contact
from notifications.domain.digest import Digest, Edition
from notifications.domain.jobs import Job, Outcome, Status
from notifications.domain.notification import UserKey
from notifications.domain.preferences import Entry
from notifications.domain.push import Device
from tests.simulation.remote_store import note_outcome
from tests.simulation.servers import Servers
from tests.simulation.wire import Call, Wire

T = TypeVar("T")


class _Remote:
    def __init__(self, wire: Wire, servers: Servers) -> None:
        self._wire = wire
        self._servers = servers

    async def _ask(self, name: str, ask: Callable[[], Awaitable[T]], *, writes: bool = False) -> T:
        return await self._wire.call(Call(self._servers.database, name, writes=writes), ask)


class RemotePreferences(_Remote):
    """PreferenceStore over a wire."""

    async def preferences(self, owner: UserKey) -> tuple[Entry, ...]:
        return await self._ask("preferences", lambda: self._servers.store.preferences.preferences(owner))

    async def prefer(self, owner: UserKey, entries: Sequence[Entry]) -> None:
        await self._ask("prefer", lambda: self._servers.store.preferences.prefer(owner, entries), writes=True)

    async def defaults(self, tenant: str) -> tuple[Entry, ...]:
        return await self._ask("defaults", lambda: self._servers.store.preferences.defaults(tenant))

    async def set_defaults(self, tenant: str, entries: Sequence[Entry]) -> None:
        await self._ask(
            "set_defaults", lambda: self._servers.store.preferences.set_defaults(tenant, entries), writes=True
        )


class RemoteContacts(_Remote):
    """ContactStore over a wire."""

    async def card(self, owner: UserKey) -> Contact | None:
        return await self._ask("card", lambda: self._servers.contacts.card(owner))

    async def set_card(self, owner: UserKey, contact: Contact) -> None:
        await self._ask("set_card", lambda: self._servers.contacts.set_card(owner, contact), writes=True)

    async def forget(self, owner: UserKey) -> None:
        await self._ask("forget_user", lambda: self._servers.contacts.forget(owner), writes=True)


class RemoteDevices(_Remote):
    """DeviceStore over a wire."""

    async def register(self, device: Device) -> Device:
        return await self._ask("register", lambda: self._servers.store.devices.register(device), writes=True)

    async def devices(self, owner: UserKey) -> tuple[Device, ...]:
        return await self._ask("devices", lambda: self._servers.store.devices.devices(owner))

    async def remove(self, owner: UserKey, id: UUID) -> None:
        await self._ask("remove", lambda: self._servers.store.devices.remove(owner, id), writes=True)

    async def forget(self, ids: Sequence[UUID]) -> None:
        await self._ask("forget", lambda: self._servers.store.devices.forget(ids), writes=True)


class RemoteDigests(_Remote):
    """DigestStore over a wire. `read_at` tells when each digest was read by this process."""

    def __init__(self, wire: Wire, servers: Servers) -> None:
        super().__init__(wire, servers)
        self.read_at: dict[UUID, float] = {}

    async def collect(self, job: Job, digest: Digest) -> bool:
        return await self._ask("collect", lambda: self._collect(job, digest), writes=True)

    async def edit(self, job: Job, limit: int) -> Edition | None:
        return await self._ask("edit", lambda: self._edit(job, limit), writes=True)

    async def _collect(self, job: Job, digest: Digest) -> bool:
        store = self._servers.store
        counts = store.outbox.find_row(job) is not None
        is_collected = await store.digests.collect(job, digest)
        if counts and is_collected:
            note_outcome(self._wire, self._servers, Outcome(job, Status.DIGESTED, attempted=False))
        return is_collected

    async def _edit(self, job: Job, limit: int) -> Edition | None:
        edition = await self._servers.store.digests.edit(job, limit)
        if edition is not None:
            self.read_at[job.notification] = self._wire.loop.time()
        return edition
