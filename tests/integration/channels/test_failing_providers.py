"""What fails on the way holds up nothing else, and a message finds another way or another time."""

from pathlib import Path

import pytest

from notifications.domain.attempt import ATTEMPTS
from notifications.domain.jobs import Channel
from notifications.domain.limits import BREAKER_MINIMUM, BREAKER_OPEN, JOB_LOCK
from tests.integration.channels.post_office import PostOffice
from tests.integration.providers import settings
from tests.integration.providers.authority import HOST, Authority
from tests.integration.providers.fcm import Fcm, refuse
from tests.integration.providers.https_server import serve_https
from tests.integration.providers.service import Mischief, Reply, Seen, Service
from tests.integration.providers.ses import Ses
from tests.integration.providers.smtp_server import Relay, serve_smtp
from tests.support.device import join
from tests.support.ports import free_port
from tests.support.waiting import eventually

BUSY = "451 4.3.0 busy"
EMAIL = Channel.EMAIL


async def test_a_second_relay_takes_what_the_first_cannot_for_it_is_away(
    office: PostOffice, authority: Authority, alice: str, tmp_path: Path
) -> None:
    away: settings.Setting = {"kind": "smtp", "host": HOST, "port": free_port()}
    async with serve_smtp(Relay(), starttls=authority.serve()) as relay:
        await office.hire(email=settings.email(away, settings.smtp(relay, tmp_path)))
        await office.know(alice, email=f"{alice}@example.com")

        id = await office.send(alice, "email")

        assert (await office.become(id, "email", "sent"))["attempts"] == 1
        assert len(relay.mails) == 1


async def test_an_urgent_mail_goes_by_another_provider_while_the_first_hangs(
    office: PostOffice, authority: Authority, alice: str, tmp_path: Path
) -> None:
    far = Ses()
    async with (
        serve_smtp(Relay(planned={"MAIL": [Mischief.HANG]}), starttls=authority.serve()) as relay,
        serve_https(Service(far.verify), authority.serve()) as service,
    ):
        providers = settings.smtp(relay, tmp_path), settings.ses(far, service.url, tmp_path)
        await office.hire(email=settings.email(*providers))
        await office.know(alice, email=f"{alice}@example.com")

        id = await office.send(alice, "email", priority="high")

        assert (await office.become(id, "email", "sent"))["attempts"] == 1
        assert (relay.connections, far.recipients) == (1, [f"{alice}@example.com"])


async def test_when_every_relay_is_away_three_attempts_are_made_and_all_told(office: PostOffice, alice: str) -> None:
    away = [{"kind": "smtp", "host": HOST, "port": free_port()} for _ in range(2)]
    await office.hire(email=settings.email(*away))
    await office.know(alice, email=f"{alice}@example.com")

    id = await office.send(alice, "email")

    line = await office.become(id, "email", "dead", within=30)
    letter = (await office.dead_letters(id))["email"]
    reason = "SMTP failed: SMTPConnectError; SMTP failed: SMTPConnectError"
    assert (line["attempts"], line["reason"], letter["reason"]) == (3, reason, reason)
    assert [failure["reason"] for failure in letter["history"]] == [reason] * 3


@pytest.mark.slow
async def test_an_outage_of_the_only_relay_costs_no_mail_its_attempts(
    office: PostOffice, authority: Authority, alice: str, tmp_path: Path
) -> None:
    refusals: list[str | Mischief] = [BUSY] * BREAKER_MINIMUM
    async with serve_smtp(Relay(planned={"MAIL": refusals}), starttls=authority.serve()) as relay:
        await office.hire(email=settings.email(settings.smtp(relay, tmp_path)))
        await office.know(alice, email=f"{alice}@example.com")
        ids = [await office.send(alice, "email", content=str(number)) for number in range(BREAKER_MINIMUM)]
        await eventually(lambda: not refusals, what="the failures that open the breaker")

        late = await office.send(alice, "email")

        line = await office.become(late, "email", "retrying")
        assert (line["reason"], line["attempts"]) == ("smtp-1 has failed too often and is left alone", 0)
        assert (await office.become(late, "email", "sent", within=BREAKER_OPEN + 30))["attempts"] == 1
        for id in ids:
            assert (await office.become(id, "email", "sent", within=BREAKER_OPEN + 30))["attempts"] <= ATTEMPTS[EMAIL]
        assert sorted(mail.message["Message-ID"] for mail in relay.mails) == sorted(
            f"<{id}@shop.example>" for id in [*ids, late]
        )


async def test_a_device_whose_token_is_dead_is_forgotten(
    office: PostOffice, authority: Authority, alice: str, tmp_path: Path
) -> None:
    fcm = Fcm()

    def answer(seen: Seen) -> Reply:
        if f'"{alice}-dead"'.encode() in seen.body:
            return refuse(404, "NOT_FOUND", "UNREGISTERED")
        return fcm.verify(seen)

    async with serve_https(Service(answer), authority.serve()) as google:
        await office.hire(push={"fcm": settings.fcm(fcm, google.url, tmp_path)})
        await office.register(alice, kind="fcm", token=f"{alice}-dead")
        alive = await office.register(alice, kind="fcm", token=f"{alice}-alive")

        id = await office.send(alice)

        assert (await office.become(id, "push", "sent"))["attempts"] == 1
        devices = (await office.rest(alice).request("GET", "/api/devices")).body["devices"]
        assert [device["id"] for device in devices] == [alive]
        await office.rest(alice).request("DELETE", f"/api/devices/{alive}")
        await office.register(alice, kind="fcm", token=f"{alice}-dead")
        last = await office.become(await office.send(alice), "push", "skipped")
        assert last["reason"] == "no device of the recipient is left"


async def test_a_mail_that_is_read_between_two_attempts_is_not_sent(
    office: PostOffice, authority: Authority, alice: str, tmp_path: Path
) -> None:
    async with serve_smtp(Relay(planned={"MAIL": [BUSY]}), starttls=authority.serve()) as relay:
        await office.hire(email=settings.email(settings.smtp(relay, tmp_path)))
        await office.know(alice, email=f"{alice}@example.com")

        id = await office.send(alice, "websocket", "email")
        await office.become(id, "email", "retrying")
        assert (await office.rest(alice).read(id)).status == 200

        line = await office.become(id, "email", "skipped")
        assert (line["reason"], line["attempts"]) == ("read meanwhile", 1)
        assert relay.mails == []


async def test_mail_that_hangs_holds_up_no_socket(
    office: PostOffice, authority: Authority, alice: str, tmp_path: Path
) -> None:
    async with serve_smtp(Relay(planned={"DATA": [Mischief.HANG] * 9}), starttls=authority.serve()) as relay:
        await office.hire(jobs_at_once=1, email=settings.email(settings.smtp(relay, tmp_path)))
        await office.know(alice, email=f"{alice}@example.com")
        async with join(office.stack.url, office.stack.token(alice)) as device:
            first = await office.send(alice, "email")
            await eventually(lambda: relay.mails, what="the mail that hangs")
            ids = [await office.send(alice, "websocket", "email") for _ in range(10)]
            for _ in ids:
                await device.expect("notification")
            assert [shown["id"] for shown in device.notifications] == ids
            mail = (await office.read_log(first)).get("email", {"state": "being tried"})
            assert mail["state"] != "sent"


@pytest.mark.slow
async def test_a_mail_outlives_the_worker_that_was_killed_over_it(
    office: PostOffice, authority: Authority, alice: str, tmp_path: Path
) -> None:
    async with serve_smtp(Relay(planned={"DATA": [Mischief.HANG]}), starttls=authority.serve()) as relay:
        mail = settings.email(settings.smtp(relay, tmp_path))
        worker = await office.hire(email=mail)
        await office.know(alice, email=f"{alice}@example.com")
        id = await office.send(alice, "email")
        await eventually(lambda: relay.mails, what="the mail in the middle of which the worker dies")

        await office.lose(worker)
        await office.hire(email=mail)

        line = await office.become(id, "email", "sent", within=JOB_LOCK + 30)
        assert line["attempts"] == 1
        assert [mail.message["Message-ID"] for mail in relay.mails] == [f"<{id}@shop.example>"] * 2
