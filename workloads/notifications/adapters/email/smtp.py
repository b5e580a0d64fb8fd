"""Mail to an SMTP relay.

What the server says of a recipient or of the content is about the mail; what it says before is about us. Its texts
repeat addresses, so errors tell codes only, and are raised `from None`.
"""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Literal

import aiosmtplib
from aiosmtplib import SMTP

from notifications.adapters.email.connections import Connections
from notifications.adapters.email.message import Envelope, write
from notifications.domain.errors import DeliveryFailed, Misconfigured, Rejected, TemporaryFailure
from notifications.domain.limits import SMTP_CONNECTIONS, SMTP_TIMEOUT
from notifications.domain.mail import Mail
from notifications.ports.clock import Clock
from notifications.ports.secret import Secret

Security = Literal["starttls", "tls", "none"]
_TOO_LARGE = 552
# Whatever command they answer, they ask for a login or for TLS
_ABOUT_US = frozenset({530, 534, 535, 538})


@dataclass(frozen=True, slots=True)
class Login:
    """Who we are to the relay."""

    username: str
    password: Secret[str]


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where the relay is. `security` none is for one on this machine or in this cluster, and takes no login.

    `timeout` bounds one mail with all its commands, in seconds. Raises Misconfigured.
    """

    host: str
    port: int
    security: Security = "starttls"
    login: Login | None = None
    name: str = "localhost"
    timeout: float = SMTP_TIMEOUT
    connections: int = SMTP_CONNECTIONS

    def __post_init__(self) -> None:
        if self.security == "none" and self.login is not None:
            raise Misconfigured("a login for SMTP needs security starttls or tls: it would cross the network in clear")


class SmtpProvider:
    """Sends through one relay. `tls` verifies it."""

    def __init__(self, settings: SmtpSettings, tls: ssl.SSLContext, clock: Clock) -> None:
        self._settings = settings
        self._tls = tls
        self._clock = clock
        self._connections = Connections(self._dial, settings.connections)

    async def send(self, mail: Mail) -> str:
        """See `MailProvider`. Relays name no mail, so what is returned is its Message-ID."""
        envelope = write(mail, self._clock())
        try:
            async with asyncio.timeout(self._settings.timeout), self._connections.lend() as connection:
                await _transmit(connection, envelope)
        except TimeoutError:
            raise TemporaryFailure(f"SMTP did not finish within {self._settings.timeout:g} s") from None
        except aiosmtplib.SMTPException as error:
            raise _translate(error) from None
        except (OSError, ValueError, RuntimeError) as error:
            raise TemporaryFailure(f"SMTP failed: {type(error).__name__}") from None
        return mail.message_id

    async def close(self) -> None:
        """Give back idle connections."""
        await self._connections.close()

    async def _dial(self) -> SMTP:
        settings, login = self._settings, self._settings.login
        connection = SMTP(
            hostname=settings.host,
            port=settings.port,
            local_hostname=settings.name,
            timeout=settings.timeout,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=self._tls,
            username=login.username if login else None,
            password=login.password() if login else None,
        )
        await connection.connect()
        return connection


async def _transmit(connection: SMTP, envelope: Envelope) -> None:
    options = ["SMTPUTF8"] if envelope.utf8 else []
    await connection.sendmail(envelope.sender, [envelope.recipient], envelope.content, mail_options=options)


def _translate(error: aiosmtplib.SMTPException) -> DeliveryFailed:
    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=[aiosmtplib.SMTPRecipientRefused(code=code)]):
            return _judge(code, "RCPT")
        case aiosmtplib.SMTPDataError(code=code):
            return _judge(code, "DATA")
        case aiosmtplib.SMTPSenderRefused(code=code) if code == _TOO_LARGE:
            return _judge(code, "MAIL")
        case aiosmtplib.SMTPNotSupported():
            return Rejected("SMTP cannot carry this address: the server does not know SMTPUTF8")
        case aiosmtplib.SMTPResponseException(code=code):
            return TemporaryFailure(f"SMTP refuses us with {code} ({type(error).__name__})")
    return TemporaryFailure(f"SMTP failed: {type(error).__name__}")


def _judge(code: int, command: str) -> DeliveryFailed:
    text = f"SMTP answered {code} to {command}"
    return Rejected(text) if 500 <= code < 600 and code not in _ABOUT_US else TemporaryFailure(text)
