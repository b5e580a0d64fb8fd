"""What serves the jobs of each channel but the socket, wired as the entry point wires it, over simulated providers."""

from dataclasses import dataclass
from typing import Final, cast
from uuid import UUID

from notifications.adapters.memory.templates import MemoryTemplates
from notifications.adapters.templates.content import clean
from notifications.adapters.templates.engine import SandboxEngine
from notifications.app.compose import Composer, Letterhead
from notifications.app.consume import Serve
from notifications.app.courier import Carrier, Courier, Records, Send
from notifications.app.email import EmailCarrier
from notifications.app.failover import Failover
from notifications.app.phrasing import Bundle, Phrasing
from notifications.app.push import PushCarrier
from notifications.app.typeset import Typesetter
from notifications.app.webhook import WebhookCarrier
from notifications.domain.errand import Errand
from notifications.domain.jobs import Channel
from notifications.domain.mail import parse_address
from notifications.domain.push import DeviceKind
from notifications.domain.template import TemplateName, Variables
from notifications.ports.provider import MailProvider, PushProvider, WebhookCaller
from tests.simulation.channels import shorten
from tests.simulation.life import Life
from tests.simulation.provider import SINCE, Counter, RemoteMail, RemotePush, RemoteWebhooks
from tests.simulation.remote_wishes import RemoteContacts, RemoteDevices, RemoteDigests, RemotePreferences

LETTERHEAD: Final = Letterhead(parse_address("news@simulation.example"))


def build_couriers(life: Life) -> dict[Channel, Serve]:
    """Return what serves each channel in one life of a worker."""
    servers = life.around.servers
    contacts, digests = RemoteContacts(life.wire, servers), RemoteDigests(life.wire, servers)
    records = Records(life.store, digests, RemotePreferences(life.wire, servers))
    typesetter = Typesetter(MemoryTemplates(life.now), SandboxEngine(), _set_in_type)
    composer = Composer(typesetter, Phrasing(clean), LETTERHEAD)
    counter, monotonic = Counter(life.wire, servers.provider, servers.dead_tokens), life.around.loop.time
    mail = Failover[MailProvider]("email", {"post": RemoteMail(counter)}, monotonic)
    push = Failover[PushProvider]("push", {"push": RemotePush(counter)}, monotonic)
    webhooks = Failover[WebhookCaller]("webhook", {"hooks": RemoteWebhooks(counter)}, monotonic)
    devices = RemoteDevices(life.wire, servers)
    carriers: list[Carrier] = [
        EmailCarrier(mail, contacts, composer),
        PushCarrier({DeviceKind.FCM: push}, contacts, devices, composer, life.now),
        WebhookCarrier(webhooks, contacts),
    ]
    dated = [Dated(carrier, life, digests) for carrier in carriers]
    return {carrier.channel: Courier(carrier, records, life.now, life.make_id).serve for carrier in dated}


@dataclass(frozen=True, slots=True)
class Dated:
    """A Carrier that tells the provider when the worker read that there is something to send."""

    carrier: Carrier
    life: Life
    digests: RemoteDigests

    @property
    def channel(self) -> Channel:
        return self.carrier.channel

    def find_reason_to_skip(self, errand: Errand) -> str | None:
        return self.carrier.find_reason_to_skip(errand)

    async def prepare(self, errand: Errand) -> Send:
        return _date(await self.carrier.prepare(errand), self.life.store.read_at(errand))

    async def prepare_digest(self, bundle: Bundle) -> Send:
        return _date(await self.carrier.prepare_digest(bundle), self.digests.read_at[bundle.id])


def _date(send: Send, since: float) -> Send:
    async def send_dated(seconds: float) -> None:
        SINCE.set(since)
        await send(seconds)

    return send_dated


def _set_in_type(name: TemplateName, variables: Variables) -> dict[str, str]:
    """Return a text that names what it tells of, and nothing else."""
    told = [variables["notification"]] if "notification" in variables else variables["notifications"]
    text = " ".join(shorten(UUID(each["id"])) for each in cast(list[dict[str, str]], told))
    if name.channel is Channel.PUSH:
        return {"title": name.type, "body": text}
    return {"subject": name.type, "text": text}
