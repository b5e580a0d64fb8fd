"""SES takes what is signed for it, and its answers are told apart."""

import asyncio
from collections.abc import Awaitable, Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from notifications.adapters.email.ses import SesProvider, SesSettings
from notifications.adapters.email.signature import Credentials
from notifications.adapters.email.smtp import SmtpProvider, SmtpSettings
from notifications.adapters.outgoing.http import HttpClient
from notifications.adapters.outgoing.tls import verify
from notifications.app.failover import Failover
from notifications.domain.errors import Rejected, TemporaryFailure
from notifications.domain.mail import Address, Mail
from tests.integration.providers.authority import Authority
from tests.integration.providers.conftest import MAIL, Line
from tests.integration.providers.service import Reply, json_reply
from tests.integration.providers.ses import Ses, refuse
from tests.support.ports import free_port


async def test_a_mail_arrives_as_it_was_written(ses: Line[Ses]) -> None:
    assert await ses.send() == "0107-1"
    assert ses.far.recipients == ["bob@example.com"]
    message = message_from_bytes(ses.far.mails[0], policy=default)
    assert message["Message-ID"] == MAIL.message_id
    assert message["Subject"] == "Grüße"
    assert message["List-Unsubscribe"] == "<https://shop.example/unsubscribe?token=1>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_a_wrong_key_is_no_verdict_on_the_mail(ses: Line[Ses], tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    fresh.write_text("wrong")
    fresh.replace(tmp_path / "secret")
    with pytest.raises(TemporaryFailure, match="SES answered 403"):
        await ses.send()
    assert ses.far.mails == []


@pytest.mark.parametrize("error", ["MessageRejected", "BadRequestException"])
async def test_a_mail_that_ses_will_never_take_is_rejected(ses: Line[Ses], error: str) -> None:
    ses.service.planned.append(refuse(400, error))
    with pytest.raises(Rejected, match=f"SES refused the mail: 400 {error}$"):
        await ses.send()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "SendingPausedException"),
        (400, "AccountSuspendedException"),
        (400, "MailFromDomainNotVerifiedException"),
        (404, "NotFoundException"),
        (429, "TooManyRequestsException"),
        (500, "InternalServiceErrorException"),
    ],
)
async def test_what_is_wrong_with_the_account_or_with_ses_is_temporary(ses: Line[Ses], status: int, error: str) -> None:
    ses.service.planned.append(refuse(status, error))
    with pytest.raises(TemporaryFailure, match=f"^SES answered {status}$"):
        await ses.send()


@pytest.mark.parametrize("reply", [Reply(200, b"<html>"), json_reply(200, {"id": 1}), Reply(302), Reply(200)])
async def test_an_answer_that_does_not_name_the_mail_does_not_count_as_taken(ses: Line[Ses], reply: Reply) -> None:
    ses.service.planned.append(reply)
    with pytest.raises(TemporaryFailure):
        await ses.send()


async def test_mail_goes_by_ses_while_the_relay_is_away(ses: Line[Ses], authority: Authority) -> None:
    relay = SmtpProvider(SmtpSettings("localhost", free_port()), verify(authority.certificate), ses.clock)
    far: dict[str, Callable[[], Awaitable[object]]] = {"smtp": lambda: relay.send(MAIL), "ses": ses.send}
    failover = Failover("email", far, asyncio.get_running_loop().time)
    assert await failover.call(lambda send: send()) == "0107-1"


async def test_an_address_that_ses_cannot_carry_is_rejected_here(ses: Line[Ses], outgoing: HttpClient) -> None:
    settings = SesSettings("eu-central-1", ses.service.url)
    provider = SesProvider(settings, lambda: Credentials("a", "b"), outgoing, ses.clock)
    with pytest.raises(Rejected, match="takes ASCII before the '@' only"):
        await provider.send(Mail("<1@shop.example>", MAIL.sender, Address("jürgen", "example.com"), "s", "t"))
    assert ses.service.seen == []


async def test_a_session_token_and_a_configuration_set_go_along(ses: Line[Ses], outgoing: HttpClient) -> None:
    settings = SesSettings("eu-central-1", ses.service.url, configuration_set="news")
    ses.service.planned.append(json_reply(200, {"MessageId": "1"}))
    await SesProvider(settings, lambda: Credentials("a", "b", "session"), outgoing, ses.clock).send(MAIL)
    [seen] = ses.service.seen
    assert seen.headers["x-amz-security-token"] == "session"
    assert b'"ConfigurationSetName":"news"' in seen.body
