"""The providers of mail and push, and the webhooks of customers, as a worker sees them through the network.

A provider remembers what it took, by Message-ID or by device and notification. That a message was taken does not mean
that the worker learns of it.
"""

import asyncio
import json
from contextvars import ContextVar
from typing import Final
from uuid import UUID

from notifications.domain.errors import DeadToken, Rejected, TemporaryFailure, Unavailable
from notifications.domain.jobs import Channel
from notifications.domain.mail import Mail
from notifications.domain.notification import UserKey
from notifications.domain.push import Device, Push
from notifications.domain.webhook import Webhook
from tests.simulation.channels import shorten
from tests.simulation.deliveries import Key
from tests.simulation.history import Refused, Took
from tests.simulation.weather import Fault
from tests.simulation.wire import Call, Server, Wire

SINCE: Final = ContextVar("since", default=0.0)
"""When the worker read that what it sends is still to be sent."""
LONGEST_HANG: Final = 40.0
"""Longer than any attempt may take."""
OK: Final = 200


class Counter:
    """Where messages are handed in. `dead` are the tokens that reach no device any more; they outlive every process."""

    def __init__(self, wire: Wire, server: Server, dead: set[str]) -> None:
        self._wire = wire
        self._server = server
        self._dead = dead

    async def hand_in(self, call: str, took: Took, token: str | None = None) -> None:
        """Have a message taken. Raises as the ports do."""

        async def take() -> None:
            await self._take(took, token)

        try:
            await self._wire.call(Call(self._server, call), take)
        except Unavailable as error:
            raise TemporaryFailure(str(error)) from error

    async def _take(self, took: Took, token: str | None) -> None:
        if token is not None and self._wire.strikes(Fault.DEAD_TOKEN, token):
            self._dead.add(token)
        if token in self._dead:
            self._refuse(took, is_dead=True)
            raise DeadToken("the device is gone")
        if self._wire.strikes(Fault.REFUSED, str(took.key[0])):
            self._refuse(took, is_dead=False)
            raise Rejected("the provider does not like it")
        self._record(Took(self._now(), took.key, took.to, took.tells, took.since, took.device))
        if self._wire.strikes(Fault.HANGING, self._server.name):
            await asyncio.sleep(self._wire.weather.random.uniform(1.0, LONGEST_HANG))

    def _refuse(self, took: Took, *, is_dead: bool) -> None:
        self._record(Refused(self._now(), took.key, took.device, is_dead))

    def _record(self, event: Took | Refused) -> None:
        self._wire.weather.history.events.append(event)

    def _now(self) -> float:
        return self._wire.loop.time()


class RemoteMail:
    """MailProvider over a wire."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    async def send(self, mail: Mail) -> str:
        id = UUID(mail.message_id[1:-1].partition("@")[0])
        to = UserKey(mail.recipient.domain.partition(".")[0], mail.recipient.local)
        await self._counter.hand_in("send_mail", _draft((id, Channel.EMAIL), to, mail.text))
        return mail.message_id


class RemotePush:
    """PushProvider over a wire."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    async def send(self, push: Push, device: Device) -> str:
        draft = _draft((push.id, Channel.PUSH), device.owner, push.body, device.id)
        await self._counter.hand_in("send_push", draft, str(device.target))
        return str(push.id)


class RemoteWebhooks:
    """WebhookCaller over a wire."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    async def call(self, webhook: Webhook) -> int:
        body = json.loads(webhook.body)
        key: Key = UUID(webhook.id), Channel.WEBHOOK
        owner = UserKey(body["tenant"], body["recipientId"])
        await self._counter.hand_in("call_webhook", _draft(key, owner, shorten(UUID(body["id"]))))
        return OK


def _draft(key: Key, to: UserKey, text: str, device: UUID | None = None) -> Took:
    return Took(0.0, key, to, tuple(text.split()), SINCE.get(), device)
