"""Emits on core NATS: JSON objects, on a subject for each tenant, which nothing in them can contradict."""

import asyncio
import logging
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Final

import msgspec

from notifications.adapters.nats.client import Message
from notifications.adapters.nats.connection import Connection
from notifications.domain import subjects
from notifications.domain.emit import Audience, Echo, Emit, Scope, check_event
from notifications.domain.errors import Invalid, Unavailable
from notifications.domain.limits import EMIT_TIMEOUT, MAX_EMIT, MAX_NAME
from notifications.ports.emit import Answer

log: Final = logging.getLogger(__name__)


class _Wire(msgspec.Struct, frozen=True):
    """An emit without its tenant. A newer gateway may say more than we know."""

    scope: Scope
    name: str
    event: str
    body: msgspec.Raw


class NatsEmitBus:
    """The port EmitBus: every gateway answers to the subject that a message names."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def listen(self, on_emit: Callable[[Emit, Answer], None]) -> None:
        """Call `on_emit` for each emit that can be read, over all reconnects."""

        def on_message(message: Message) -> None:
            def answer(echo: Echo) -> None:
                with suppress(Unavailable):
                    self._connection.publish(message.reply, msgspec.json.encode(echo))

            if message.reply and (emit := read_emit(message)):
                on_emit(emit, answer)

        self._connection.listen(subjects.emits(subjects.ONE), on_message)

    async def send(self, emit: Emit, gateways: Collection[str]) -> tuple[Echo, ...]:
        """Send an emit and return what gateways answer in time."""
        echoes: dict[str, Echo] = {}

        def keep(whole: asyncio.Future[Message], message: Message) -> None:
            if echo := read_echo(message.data):
                echoes[echo.gateway] = echo
            if echoes.keys() >= set(gateways) and not whole.done():
                whole.set_result(message)

        reply, audience = self._connection.make_inbox(), emit.audience
        wire = _Wire(audience.scope, audience.name, emit.event, msgspec.Raw(emit.body.encode()))
        self._connection.publish(subjects.emits(audience.tenant), msgspec.json.encode(wire), reply)
        whole = self._connection.promise(reply, keep)
        try:
            await asyncio.wait([whole], timeout=EMIT_TIMEOUT)
        finally:
            whole.cancel()
        return tuple(echoes.values())


def read_emit(message: Message) -> Emit | None:
    """Return an emit, or None for junk."""
    try:
        wire = msgspec.json.decode(message.data, type=_Wire)
        event, body = check_event(wire.event), bytes(wire.body).decode()
    except (ValueError, Invalid) as error:
        log.debug("ignored a message that is not an emit: %s", error)
        return None
    fits = len(wire.body) <= MAX_EMIT and body.startswith("{") and len(wire.name) <= MAX_NAME
    audience = Audience(subjects.read_emits(message.subject), wire.scope, wire.name)
    return Emit(audience, event, body) if fits else None


def read_echo(data: bytes) -> Echo | None:
    """Return what a gateway has answered, or None for junk."""
    try:
        echo = msgspec.json.decode(data, type=Echo)
    except ValueError as error:
        log.debug("ignored a message that is not an answer to an emit: %s", error)
        return None
    return echo if 0 < len(echo.gateway) <= MAX_NAME and min(echo.delivered, echo.skipped) >= 0 else None
