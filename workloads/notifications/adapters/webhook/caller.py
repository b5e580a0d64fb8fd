"""Calls endpoints of others with signed JSON."""

from notifications.adapters.webhook.signature import sign
from notifications.domain.answer import temporary
from notifications.domain.errors import Rejected
from notifications.domain.webhook import Webhook
from notifications.ports.clock import Clock
from notifications.ports.outgoing import Outgoing, Request
from notifications.ports.secret import Secret


class SignedWebhookCaller:
    """Signs with every current key. `outgoing` must keep to public addresses: the endpoints come from users."""

    def __init__(self, keys: Secret[tuple[bytes, ...]], outgoing: Outgoing, clock: Clock) -> None:
        self._keys = keys
        self._outgoing = outgoing
        self._clock = clock

    async def call(self, webhook: Webhook) -> int:
        """See `WebhookCaller`. A redirect is a refusal: what was checked and signed is this address."""
        headers = {"content-type": "application/json", **sign(webhook, self._keys(), self._clock())}
        answer = await self._outgoing.post(Request(webhook.url, headers, webhook.body))
        if answer.ok:
            return answer.status
        if answer.is_overload:
            raise temporary(answer, "the endpoint", self._clock())
        raise Rejected(f"the endpoint refused the call: {answer.status}")
