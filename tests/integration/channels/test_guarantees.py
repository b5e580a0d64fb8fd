"""What each channel guarantees: the socket once, the others until somebody took it, or else a dead letter."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from notifications.domain.attempt import ATTEMPTS
from notifications.domain.jobs import Channel
from tests.integration.channels.post_office import PostOffice
from tests.integration.providers import settings
from tests.integration.providers.authority import Authority
from tests.integration.providers.endpoint import Endpoint
from tests.integration.providers.fcm import Fcm, refuse
from tests.integration.providers.https_server import serve_https
from tests.integration.providers.service import Reply, Seen, Service
from tests.integration.providers.smtp_server import Relay, serve_smtp
from tests.support.device import join
from tests.support.waiting import eventually

ACK = "notifications:ack"
BUSY = "451 4.3.0 busy"


async def test_what_a_stock_client_was_sent_comes_once_and_wakes_no_device(
    office: PostOffice, authority: Authority, alice: str, tmp_path: Path
) -> None:
    fcm = Fcm()
    async with serve_https(Service(fcm.verify), authority.serve()) as google:
        await office.hire(push={"fcm": settings.fcm(fcm, google.url, tmp_path)})
        await office.register(alice, kind="fcm", token=f"{alice}-token")
        url, token = office.stack.url, office.stack.token(alice)
        async with join(url, token) as one, join(url, token) as other:
            id = await office.send(alice)
            await asyncio.gather(one.expect("notification"), other.expect("notification"))
            await until_delivered(office, id)
            office.turn_clock(alice, "push")

            line = await office.become(id, "push", "skipped")

            assert (line["reason"], line["attempts"]) == ("seen on a socket", 0)
            assert [[each["id"] for each in device.notifications] for device in (one, other)] == [[id], [id]]
        assert (await office.read_log(id))["websocket"]["state"] == "sent"
        assert fcm.messages == []


@pytest.mark.slow
async def test_a_device_is_woken_ten_seconds_after_a_client_that_acknowledges_did_not(
    office: PostOffice, authority: Authority, alice: str, tmp_path: Path
) -> None:
    fcm = Fcm()
    async with serve_https(Service(fcm.verify), authority.serve()) as google:
        await office.hire(push={"fcm": settings.fcm(fcm, google.url, tmp_path)})
        await office.register(alice, kind="fcm", token=f"{alice}-token")
        async with join(office.stack.url, office.stack.token(alice)) as device:
            await device.call(ACK, {"cursor": device.cursor})
            seen = await office.send(alice)
            *_, cursor = await device.expect("notification")
            await device.call(ACK, {"cursor": cursor})
            unseen = await office.send(alice)
            await device.expect("notification")

            await office.become(unseen, "push", "sent", within=30)

            assert (await office.become(seen, "push", "skipped"))["reason"] == "seen on a socket"
        assert [message["data"]["notificationId"] for message in fcm.messages] == [unseen]
        waited = office.query(
            f"SELECT push.updated_at - socket.updated_at >= interval '10 s' FROM deliveries push, deliveries socket"
            f" WHERE push.notification_id = '{unseen}' AND push.channel = 'push'"
            f" AND socket.notification_id = '{unseen}' AND socket.channel = 'websocket'"
        )
        assert waited == "t"


@pytest.mark.slow
async def test_each_channel_has_its_attempts_and_then_a_dead_letter_that_can_be_retried(
    office: PostOffice, authority: Authority, alice: str, tmp_path: Path
) -> None:
    fcm, endpoint, relay = Fcm(), Endpoint(), Relay(planned={"DATA": [BUSY] * 3})
    async with (
        serve_smtp(relay, starttls=authority.serve()),
        serve_https(Service(deny(fcm, 5)), authority.serve()) as google,
        serve_https(Service(endpoint.verify, [Reply(503)] * 4), authority.serve()) as receiver,
    ):
        await office.hire(
            email=settings.email(settings.smtp(relay, tmp_path)),
            push={"fcm": settings.fcm(fcm, google.url, tmp_path)},
            webhook=settings.webhook(endpoint, tmp_path),
        )
        await office.know(alice, email=f"{alice}@example.com", webhook=f"{receiver.url}/hook")
        await office.register(alice, kind="fcm", token=f"{alice}-token")

        id = await office.send(alice, "websocket", "email", "push", "webhook")

        for channel, within in {"email": 30, "webhook": 30, "push": 60}.items():
            line = await office.become(id, channel, "dead", within=within)
            assert line["attempts"] == ATTEMPTS[Channel(channel)]
        letters = await office.dead_letters(id)
        assert {channel: (each["attempts"], len(each["history"])) for channel, each in letters.items()} == {
            "email": (3, 3), "push": (5, 5), "webhook": (4, 4),
        }  # fmt: skip
        assert letters["email"]["reason"] == "SMTP answered 451 to DATA"
        assert {mail.message["Message-ID"] for mail in relay.mails} == {f"<{id}@shop.example>"}
        assert {seen.headers["webhook-id"] for seen in receiver.seen} == {id}

        for channel in letters:
            assert (await office.retry(id, channel)).body["results"][0]["result"] == "retried"
            assert (await office.become(id, channel, "sent"))["attempts"] == 1
        assert await office.dead_letters(id) == {}
        assert (len(relay.mails), len(receiver.seen), len(fcm.messages)) == (4, 5, 1)


async def test_a_request_that_is_repeated_sends_one_mail(
    office: PostOffice, authority: Authority, alice: str, tmp_path: Path
) -> None:
    async with serve_smtp(Relay(), starttls=authority.serve()) as relay:
        await office.hire(email=settings.email(settings.smtp(relay, tmp_path)))
        await office.know(alice, email=f"{alice}@example.com")
        body = {"recipients": [alice], "type": "message", "content": "Hello", "channels": ["email"]}

        answers = await asyncio.gather(*(office.producer.post(body, key=alice) for _ in range(5)))

        (id,) = {answer.body["notifications"][0]["id"] for answer in answers}
        await office.become(id, "email", "sent")
        assert office.query(f"SELECT count(*) FROM outbox WHERE recipient = '{alice}'") == "0"
        assert len(relay.mails) == 1


def deny(fcm: Fcm, times: int) -> Callable[[Seen], Reply]:
    """A service that issues tokens, and is busy when it is first sent messages."""
    busy = [refuse(503, "UNAVAILABLE")] * times
    return lambda seen: busy.pop() if busy and seen.path != "/token" else fcm.verify(seen)


async def until_delivered(office: PostOffice, id: str) -> None:
    """Return when a gateway has written down that something arrived."""

    async def marked() -> bool:
        return office.query(f"SELECT delivered_at IS NOT NULL FROM notifications WHERE id = '{id}'") == "t"

    await eventually(marked, what="the delivery")
