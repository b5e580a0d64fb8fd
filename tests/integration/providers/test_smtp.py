"""A relay takes mail after TLS and a login, and its answers are told apart."""

import asyncio
import ssl
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from notifications.adapters.email.connections import GOODBYE
from notifications.adapters.email.smtp import Login, Security, SmtpProvider, SmtpSettings
from notifications.adapters.outgoing.tls import verify
from notifications.adapters.secrets.file import SecretFile, parse_text
from notifications.clock import now
from notifications.domain.errors import DeliveryFailed, Misconfigured, Rejected, TemporaryFailure
from notifications.domain.limits import SMTP_MAILS
from notifications.domain.mail import Address, Mail, parse_address
from tests.integration.providers.authority import HOST, Authority
from tests.integration.providers.conftest import MAIL
from tests.integration.providers.service import Mischief
from tests.integration.providers.smtp_server import PASSWORD, USERNAME, Relay, serve_smtp
from tests.support.ports import free_port
from tests.support.waiting import eventually

UNTOLD = ["bob@", "example.com", PASSWORD, USERNAME, "hidden"]


@asynccontextmanager
async def connect(
    port: int, tls: ssl.SSLContext, folder: Path, *, password: str = PASSWORD, security: Security = "starttls"
) -> AsyncIterator[SmtpProvider]:
    """A provider that logs in."""
    (folder / "password").write_text(password)
    login = Login(USERNAME, SecretFile(folder / "password", parse_text))
    provider = SmtpProvider(SmtpSettings(HOST, port, security, login), tls, now)
    yield provider
    await provider.close()


@pytest.fixture
async def relay(authority: Authority) -> AsyncIterator[Relay]:
    async with serve_smtp(Relay(), starttls=authority.serve()) as relay:
        yield relay


@pytest.fixture
async def provider(relay: Relay, authority: Authority, tmp_path: Path) -> AsyncIterator[SmtpProvider]:
    async with connect(relay.port, verify(authority.certificate), tmp_path) as provider:
        yield provider


async def fail(provider: SmtpProvider, kind: type[DeliveryFailed], mail: Mail = MAIL) -> str:
    with pytest.raises(kind) as failure:
        await provider.send(mail)
    told = "".join(traceback.format_exception(failure.value))
    assert not [secret for secret in UNTOLD if secret in told]
    return str(failure.value)


async def test_a_mail_arrives_as_it_was_written(relay: Relay, provider: SmtpProvider) -> None:
    assert await provider.send(MAIL) == MAIL.message_id
    [received] = relay.mails
    assert received.sender == "no-reply@shop.example"
    assert received.recipients == ["bob@example.com"]
    message = received.message
    assert message["Message-ID"] == MAIL.message_id
    assert message["Subject"] == "Grüße"
    assert message["From"] == "Größe & Söhne <no-reply@shop.example>"
    assert message["List-Unsubscribe"] == "<https://shop.example/unsubscribe?token=1>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message.get_content_type() == "multipart/alternative"


async def test_a_mail_that_is_called_off_is_no_failure(relay: Relay, provider: SmtpProvider) -> None:
    relay.planned["DATA"] = [Mischief.HANG]
    sending = asyncio.create_task(provider.send(MAIL))
    await eventually(lambda: relay.mails, what="the mail")
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending


async def test_tls_from_the_start(authority: Authority, tmp_path: Path) -> None:
    async with (
        serve_smtp(Relay(), tls=authority.serve()) as relay,
        connect(relay.port, verify(authority.certificate), tmp_path, security="tls") as provider,
    ):
        await provider.send(MAIL)
        assert len(relay.mails) == 1


async def test_in_clear_without_a_login(authority: Authority) -> None:
    async with serve_smtp(Relay(needs_login=False)) as relay:
        provider = SmtpProvider(SmtpSettings(HOST, relay.port, "none"), verify(authority.certificate), now)
        await provider.send(MAIL)
        await provider.close()
        assert len(relay.mails) == 1


async def test_a_login_in_clear_is_refused_at_the_start() -> None:
    with pytest.raises(Misconfigured, match="would cross the network in clear"):
        SmtpSettings(HOST, 25, "none", Login("a", lambda: "b"))


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_relay_without_a_trusted_certificate_is_told_nothing(
    authority: Authority, tmp_path: Path, security: Security
) -> None:
    starttls, tls = (authority.serve(), None) if security == "starttls" else (None, authority.serve())
    async with (
        serve_smtp(Relay(), starttls=starttls, tls=tls) as relay,
        connect(relay.port, verify(None), tmp_path, security=security) as provider,
    ):
        await fail(provider, TemporaryFailure)
        assert relay.logins == []


async def test_a_relay_that_offers_no_starttls_is_not_given_the_password(authority: Authority, tmp_path: Path) -> None:
    async with (
        serve_smtp(Relay()) as relay,
        connect(relay.port, verify(authority.certificate), tmp_path) as provider,
    ):
        await fail(provider, TemporaryFailure)
        assert relay.logins == []


async def test_a_wrong_password_is_no_verdict_on_the_mail(relay: Relay, authority: Authority, tmp_path: Path) -> None:
    async with connect(relay.port, verify(authority.certificate), tmp_path, password="hidden") as provider:
        assert "SMTP refuses us with 535" in await fail(provider, TemporaryFailure)
        (tmp_path / "password").write_text(PASSWORD)
        await provider.send(MAIL)


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
async def test_a_mail_that_the_relay_will_never_take_is_rejected(
    relay: Relay, provider: SmtpProvider, command: str
) -> None:
    relay.planned[command] = ["550 5.1.1 <bob@example.com>: no such mailbox"]
    assert await fail(provider, Rejected) == f"SMTP answered 550 to {command}"
    await provider.send(MAIL)


async def test_a_mail_that_is_too_large_is_rejected_at_once(relay: Relay, provider: SmtpProvider) -> None:
    relay.planned["MAIL"] = ["552 too large"]
    assert await fail(provider, Rejected) == "SMTP answered 552 to MAIL"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("MAIL", "451 try again"),
        ("MAIL", "550 the sender is not verified"),
        ("RCPT", "450 greylisted for bob@example.com"),
        ("RCPT", "530 log in first"),
        ("DATA", "452 no space"),
        ("DATA", "421 going down"),
    ],
)
async def test_an_answer_that_may_change_is_temporary(
    relay: Relay, provider: SmtpProvider, command: str, answer: str
) -> None:
    relay.planned[command] = [answer]
    assert answer[:3] in await fail(provider, TemporaryFailure)
    await provider.send(MAIL)


@pytest.mark.parametrize("mischief", [Mischief.DROP, Mischief.GARBAGE, Mischief.FLOOD])
@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_a_dialogue_that_breaks_is_temporary_and_the_next_mail_arrives(
    relay: Relay, provider: SmtpProvider, command: str, mischief: Mischief
) -> None:
    relay.planned[command] = [mischief]
    await fail(provider, TemporaryFailure)
    await provider.send(MAIL)


@pytest.mark.parametrize("command", ["MAIL", "DATA"])
async def test_a_relay_that_hangs_is_not_waited_for(relay: Relay, authority: Authority, command: str) -> None:
    relay.planned[command] = [Mischief.HANG]
    relay.needs_login = False
    settings = SmtpSettings(HOST, relay.port, timeout=1.0)
    provider = SmtpProvider(settings, verify(authority.certificate), now)
    assert await fail(provider, TemporaryFailure) == "SMTP did not finish within 1 s"
    await provider.send(MAIL)
    await provider.close()


async def test_nobody_listening_is_temporary(authority: Authority, tmp_path: Path) -> None:
    async with connect(free_port(), verify(authority.certificate), tmp_path) as provider:
        await fail(provider, TemporaryFailure)


async def test_many_mails_share_a_bounded_number_of_connections(relay: Relay, authority: Authority) -> None:
    relay.needs_login = False
    settings = SmtpSettings(HOST, relay.port, connections=3)
    provider = SmtpProvider(settings, verify(authority.certificate), now)
    await asyncio.gather(*(provider.send(MAIL) for _ in range(30)))
    assert len(relay.mails) == 30
    assert relay.connections == 3
    await provider.close()


async def test_a_connection_carries_only_so_many_mails(relay: Relay, provider: SmtpProvider) -> None:
    for _ in range(SMTP_MAILS + 1):
        await provider.send(MAIL)
    assert relay.connections == 2


async def test_a_connection_that_the_relay_has_closed_is_not_used_again(relay: Relay, provider: SmtpProvider) -> None:
    await provider.send(MAIL)
    relay.hang_up()
    [idle] = provider._connections._idle
    await eventually(lambda: not idle.connection.is_connected)
    await provider.send(MAIL)
    assert relay.connections == 2


async def test_a_relay_that_takes_no_leave_is_left_all_the_same(relay: Relay, provider: SmtpProvider) -> None:
    await provider.send(MAIL)
    relay.planned["QUIT"] = [Mischief.HANG]
    async with asyncio.timeout(GOODBYE + 2):
        await provider.close()
    await eventually(lambda: relay.accepted[0].transport is None, what="the end of the connection")


async def test_a_connection_that_nobody_uses_is_closed(
    relay: Relay, provider: SmtpProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.adapters.email.connections.SMTP_IDLE", 0.05)
    await provider.send(MAIL)
    await eventually(lambda: not provider._connections._idle)
    await provider.send(MAIL)
    assert relay.connections == 2


async def test_a_mailbox_of_another_script_goes_to_a_relay_that_takes_it(relay: Relay, provider: SmtpProvider) -> None:
    await provider.send(replace(MAIL, recipient=parse_address("jürgen@münchen.de")))
    [received] = relay.mails
    assert received.recipients == ["jürgen@xn--mnchen-3ya.de"]
    assert "SMTPUTF8" in received.options


async def test_another_relay_is_not_asked_to(relay: Relay, provider: SmtpProvider) -> None:
    relay.takes_utf8 = False
    mail = replace(MAIL, recipient=Address("jürgen", "example.org"))
    assert "does not know SMTPUTF8" in await fail(provider, Rejected, mail)
    assert relay.mails == []
