"""Providers that carry a message to a person who is not connected.

Every method raises TemporaryFailure when another attempt, later or by another provider, may succeed: the provider is
away, hangs, is overloaded, answers nonsense, or refuses us rather than the message. It raises Rejected when it works
and refuses this very message or address for good. Whether a message whose answer was lost has arrived is not known:
repeat it. No text of an error holds an address, a token or a secret.
"""

from typing import Protocol

from notifications.domain.mail import Mail
from notifications.domain.push import Device, Push
from notifications.domain.webhook import Webhook


class MailProvider(Protocol):
    """Sends mail."""

    async def send(self, mail: Mail) -> str:
        """Return what the provider calls the mail that it took."""
        ...


class PushProvider(Protocol):
    """Wakes devices of one kind. Raises DeadToken, too, for a device that can be forgotten."""

    async def send(self, push: Push, device: Device) -> str:
        """Return what the provider calls the message that it took; empty if it gives no name."""
        ...


class WebhookCaller(Protocol):
    """Calls endpoints of other systems."""

    async def call(self, webhook: Webhook) -> int:
        """Return the status of the answer that took it, 200 to 299."""
        ...
