"""Webhooks: the notification as JSON, signed, to the endpoint on the recipient's card or else the common one."""

import json
from dataclasses import dataclass

from notifications.app.courier import Send
from notifications.app.failover import Failover
from notifications.app.phrasing import Bundle
from notifications.domain.contact import Contact
from notifications.domain.errand import Errand
from notifications.domain.errors import Nowhere
from notifications.domain.jobs import Channel
from notifications.domain.network import origin
from notifications.domain.notification import Notification, wire
from notifications.domain.webhook import Webhook
from notifications.ports.contact import ContactStore
from notifications.ports.provider import WebhookCaller


@dataclass(frozen=True, slots=True)
class WebhookCarrier:
    """The Carrier of webhooks. `url` is called for recipients whose card has no endpoint, None for nobody."""

    callers: Failover[WebhookCaller]
    contacts: ContactStore
    url: str | None = None
    channel: Channel = Channel.WEBHOOK

    def find_reason_to_skip(self, errand: Errand) -> str | None:
        """Return None: systems are told of everything."""
        return None

    async def prepare(self, errand: Errand) -> Send:
        """Return what calls the endpoint."""
        self.callers.require()
        card = await self.contacts.card(errand.notification.owner) or Contact()
        url = card.webhook or self.url
        if url is None:
            raise Nowhere("no webhook is known of the recipient")
        webhook = Webhook(str(errand.notification.id), url, _write(errand.notification))

        async def send(within: float) -> None:
            await self.callers.call(lambda caller: caller.call(webhook), origin(url), within)

        return send

    async def prepare_digest(self, bundle: Bundle) -> Send:
        """Raise Nowhere: systems want each event."""
        raise Nowhere("webhooks have no digests")


def _write(notification: Notification) -> bytes:
    owner = notification.owner
    body = {"event": "notification", "tenant": owner.tenant, "recipientId": owner.user, **wire(notification)}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
