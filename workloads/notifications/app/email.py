"""Mail: to the address on the recipient's card, unless the notification was read before it left."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from notifications.app.compose import Composer
from notifications.app.courier import Send
from notifications.app.failover import Failover
from notifications.app.phrasing import Bundle
from notifications.domain.contact import Contact
from notifications.domain.errand import Errand
from notifications.domain.errors import Nowhere
from notifications.domain.jobs import Channel
from notifications.domain.mail import Address, Mail
from notifications.domain.notification import UserKey
from notifications.domain.variables import Reader
from notifications.ports.contact import ContactStore
from notifications.ports.provider import MailProvider

_Compose = Callable[[Address, Reader], Coroutine[Any, Any, Mail]]


@dataclass(frozen=True, slots=True)
class EmailCarrier:
    """The Carrier of mail. A mail that is sent again keeps its Message-ID."""

    providers: Failover[MailProvider]
    contacts: ContactStore
    composer: Composer
    channel: Channel = Channel.EMAIL

    def find_reason_to_skip(self, errand: Errand) -> str | None:
        """Return that it was read."""
        return "read meanwhile" if errand.notification.read_at else None

    async def prepare(self, errand: Errand) -> Send:
        """Return what sends the mail for a notification."""
        notification = errand.notification
        return await self._prepare(notification.owner, lambda *to: self.composer.compose_mail(notification, *to))

    async def prepare_digest(self, bundle: Bundle) -> Send:
        """Return what sends the mail of a digest."""
        return await self._prepare(bundle.owner, lambda *to: self.composer.compose_digest_mail(bundle, *to))

    async def _prepare(self, owner: UserKey, compose: _Compose) -> Send:
        self.providers.require()
        card = await self.contacts.card(owner) or Contact()
        if card.address is None:
            raise Nowhere("no mail address is known of the recipient")
        mail = await compose(card.address, Reader(card.name, card.locale))

        async def send(within: float) -> None:
            await self.providers.call(lambda provider: provider.send(mail), within=within)

        return send
