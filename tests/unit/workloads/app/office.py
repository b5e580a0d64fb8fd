"""Couriers with real carriers on memory stores; the providers do what a test tells them, and remember what they saw."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Generic, TypeVar
from uuid import UUID

from notifications.adapters.memory.contacts import MemoryContacts
from notifications.adapters.memory.store import MemoryStore
from notifications.adapters.memory.templates import MemoryTemplates
from notifications.adapters.templates.built_in import render_built_in
from notifications.adapters.templates.content import clean
from notifications.app.compose import Composer, Letterhead
from notifications.app.courier import Carrier, Courier, Records
from notifications.app.email import EmailCarrier
from notifications.app.failover import Failover
from notifications.app.phrasing import Phrasing
from notifications.app.push import PushCarrier
from notifications.app.typeset import Typesetter
from notifications.app.webhook import WebhookCarrier
from notifications.domain.contact import Contact
from notifications.domain.ids import uuid7
from notifications.domain.jobs import Channel, Job, Outcome, Queue, Status
from notifications.domain.mail import Mail, parse_address
from notifications.domain.notification import Message
from notifications.domain.preferences import Entry, Preference
from notifications.domain.push import Device, DeviceKind, Push
from notifications.domain.submission import job_of
from notifications.domain.template import Parts, Variables
from notifications.domain.webhook import Webhook
from notifications.ports.provider import MailProvider, PushProvider, WebhookCaller
from notifications.ports.queue import Delivery
from tests.unit.workloads.app import world
from tests.unit.workloads.app.world import BOB, in_virtual_time

T = TypeVar("T")
CARD = Contact(email="bob@example.com", name="Bob", webhook="https://hooks.example.com/bob")
HELLO = Message("like", "Hello")
_numbers = count(1)


class NoEngine:
    """Renders nothing, for no tenant has a template here."""

    async def render(self, parts: Parts, variables: Variables) -> dict[str, str]:
        raise AssertionError("no tenant has a template here")


@dataclass
class Handed:
    """A job in the hands of a worker."""

    job: Job
    deliveries: int = 1

    async def done(self) -> None:
        """Nothing keeps it."""

    async def retry(self, wait: float) -> None:
        """Nothing keeps it."""

    async def extend(self) -> None:
        """Nothing keeps it."""


@dataclass
class Post(Generic[T]):
    """A provider: `answers` are what it does with what comes, one after the other; an error, seconds that it takes."""

    answers: list[Exception | float] = field(default_factory=list)
    seen: list[T] = field(default_factory=list)

    async def take(self, message: T) -> None:
        """Do what is next."""
        self.seen.append(message)
        match self.answers.pop(0) if self.answers else 0.0:
            case Exception() as error:
                raise error
            case seconds:
                await asyncio.sleep(seconds)


class Relay(Post[Mail]):
    """A MailProvider."""

    async def send(self, mail: Mail) -> str:
        """Take a mail."""
        await self.take(mail)
        return mail.message_id


class PushService(Post[Device]):
    """A PushProvider."""

    async def send(self, push: Push, device: Device) -> str:
        """Wake a device."""
        await self.take(device)
        return str(push.id)


class Endpoint(Post[Webhook]):
    """A WebhookCaller."""

    async def call(self, webhook: Webhook) -> int:
        """Take an event."""
        await self.take(webhook)
        return 204


class Office:
    """Bob's mail, push and webhooks, with one provider each. `ahead` is how far its clock was turned."""

    def __init__(self, *, configured: bool = True) -> None:
        self.ahead = timedelta()
        self.store = MemoryStore(self.now)
        self.contacts = MemoryContacts(self.store.devices)
        self.relay, self.push, self.endpoint = Relay(), PushService(), Endpoint()
        time = asyncio.get_running_loop().time
        relays: dict[str, MailProvider] = {"relay": self.relay} if configured else {}
        service: dict[str, PushProvider] = {"fcm": self.push} if configured else {}
        callers: dict[str, WebhookCaller] = {"webhook": self.endpoint} if configured else {}
        typesetter = Typesetter(MemoryTemplates(self.now), NoEngine(), render_built_in)
        composer = Composer(typesetter, Phrasing(clean), Letterhead(parse_address("no-reply@shop.example")))
        pushers = {kind: Failover(f"{kind} push", service, time) for kind in DeviceKind}
        carriers: Sequence[Carrier] = (
            EmailCarrier(Failover("email", relays, time), self.contacts, composer),
            PushCarrier(pushers, self.contacts, self.store.devices, composer, self.now),
            WebhookCarrier(Failover("webhook", callers, time), self.contacts),
        )
        records = Records(self.store.outbox, self.store.digests, self.store.preferences)
        self._couriers = {each.channel: Courier(each, records, self.now, self._make_id) for each in carriers}

    def now(self) -> datetime:
        """The time on the office's clock."""
        return world.clock() + self.ahead

    async def accept(
        self, channel: Channel = Channel.EMAIL, message: Message = HELLO, later: timedelta = timedelta(0)
    ) -> Job:
        """Have something accepted that goes into the inbox and over a channel, and return the job of the latter."""
        await self.contacts.set_card(BOB, CARD)
        written = replace(
            world.submission("bob"),
            message=message,
            created_at=self.now(),
            send_at=self.now() + later,
            channels=frozenset({Channel.WEBSOCKET, channel}),
        )
        await self.store.accept([written])
        job = job_of(written, written.copies[0], channel)
        if job not in await self.store.outbox.errands([job]):
            websocket = job_of(written, written.copies[0], Channel.WEBSOCKET)
            await self.store.outbox.settle([Outcome(websocket, Status.OFFLINE)])
        return job

    async def serve(self, job: Job, deliveries: int = 1) -> Outcome:
        """Have a job served, and its outcome written down."""
        outcome = await self._couriers[job.channel].serve(Handed(job, deliveries))
        await self.store.outbox.settle([outcome])
        return outcome

    async def hand_out(self, delivery: Delivery) -> Outcome:
        """Have a job served as a queue hands it out, and write nothing down."""
        return await self._couriers[delivery.job.channel].serve(delivery)

    async def insist(self, job: Job, times: int) -> list[Outcome]:
        """Have a job served so often, each time when it is due."""
        outcomes = []
        for _ in range(times):
            outcomes.append(await self.serve(job))
            self.ahead += timedelta(seconds=outcomes[-1].wait or 0.0)
        return outcomes

    async def wish(self, channel: Channel = Channel.EMAIL, **preference: object) -> None:
        """Set what bob wishes for one channel."""
        wish = replace(Preference(), **preference)  # type: ignore[arg-type]
        await self.store.preferences.prefer(BOB, [Entry("like", channel, wish)])

    async def register(self, *tokens: str) -> list[Device]:
        """Have devices registered."""
        devices = [Device(UUID(int=next(_numbers)), BOB, DeviceKind.FCM, token) for token in tokens]
        return [await self.store.devices.register(device) for device in devices]

    async def find_digest(self) -> Job:
        """Return the job of the only digest there is."""
        (row,) = [row for row in self.store.outbox.rows.values() if row.job.digest]
        assert row.job.queue is Queue.LOW
        return row.job

    def _make_id(self, at: datetime) -> UUID:
        return uuid7(at, next(_numbers))


def in_office(test: Callable[[Office], Awaitable[None]]) -> Callable[[], None]:
    """Run a test with an office, in virtual time."""

    async def open_and_test() -> None:
        await test(Office())

    def run() -> None:
        in_virtual_time(open_and_test)

    return run
