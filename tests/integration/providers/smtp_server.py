"""An SMTP relay on aiosmtpd that takes mail after STARTTLS and a login, and answers what a test has planned."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.integration.providers.authority import HOST
from tests.integration.providers.service import Mischief

USERNAME, PASSWORD = "mailer", "a password of the test"
FLOOD = "250 " + "x" * 200_000


@dataclass(frozen=True)
class Received:
    """A mail that was taken."""

    sender: str
    recipients: list[str]
    options: list[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        message = BytesParser(policy=default).parsebytes(self.raw)
        assert isinstance(message, EmailMessage)
        return message


@dataclass
class Relay:
    """`planned` holds, for a command, what is answered instead of 250, one for each time."""

    port: int = 0
    takes_utf8: bool = True
    needs_login: bool = True
    planned: dict[str, list[str | Mischief]] = field(default_factory=dict)
    mails: list[Received] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    connections: int = 0
    accepted: list[SMTP] = field(default_factory=list)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def hang_up(self) -> None:
        """End every connection."""
        for server in self.accepted:
            # A closed TLS connection cannot be ended once more: asyncio has forgotten what is below it by then
            if server.transport is not None and not transport_of(server).is_closing():
                transport_of(server).abort()

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Take the one login there is, and only over TLS."""
        assert isinstance(data, LoginPassword)
        self.logins.append(data.password)
        known = data == LoginPassword(USERNAME.encode(), PASSWORD.encode())
        is_private = transport_of(server).get_extra_info("sslcontext") is not None
        return AuthResult(success=known and is_private, handled=False)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.needs_login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._answer(server, "MAIL")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return await self._answer(server, "RCPT")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw, sender = envelope.content, envelope.mail_from
        assert isinstance(raw, bytes)
        assert sender is not None
        self.mails.append(Received(sender, list(envelope.rcpt_tos), list(envelope.mail_options), raw))
        return await self._answer(server, "DATA")

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await self._answer(server, "QUIT")
        return "221 Bye"

    async def _answer(self, server: SMTP, command: str) -> str:
        planned = self.planned.get(command)
        match planned.pop(0) if planned else "250 OK":
            case Mischief.HANG:
                await self.closing.wait()
            case Mischief.DROP:
                transport_of(server).abort()
            case Mischief.GARBAGE:
                return "this is no answer"
            case Mischief.FLOOD:
                return FLOOD
            case str(text):
                return text
        return "421 never seen"


@asynccontextmanager
async def serve_smtp(
    relay: Relay, *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Relay]:
    """Serve on a free port of `localhost`: with STARTTLS, with TLS from the start, or in clear."""
    loop = asyncio.get_running_loop()

    def accept() -> SMTP:
        relay.connections += 1
        server = SMTP(
            relay,
            hostname=HOST,
            loop=loop,
            enable_SMTPUTF8=relay.takes_utf8,
            tls_context=starttls,
            auth_require_tls=tls is None,
            authenticator=relay.authenticate,
        )
        relay.accepted.append(server)
        return server

    listener = await loop.create_server(accept, "127.0.0.1", 0, ssl=tls)
    relay.port = listener.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        relay.closing.set()
        listener.close()
        relay.hang_up()
        await listener.wait_closed()


def transport_of(server: SMTP) -> asyncio.Transport:
    """The client's connection."""
    return cast(asyncio.Transport, server.transport)
