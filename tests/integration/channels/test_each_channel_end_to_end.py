"""What a producer posts arrives by every provider, in its real protocol, and the delivery log says so."""

from base64 import urlsafe_b64encode
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from tests.integration.channels.post_office import PUBLIC_URL, PostOffice, links
from tests.integration.providers import settings
from tests.integration.providers.apns import Apns
from tests.integration.providers.authority import Authority
from tests.integration.providers.conftest import APNS_TOKEN
from tests.integration.providers.endpoint import Endpoint
from tests.integration.providers.fcm import Fcm
from tests.integration.providers.http2_server import serve_http2
from tests.integration.providers.https_server import serve_https
from tests.integration.providers.push_service import PushService
from tests.integration.providers.service import Service
from tests.integration.providers.ses import Ses
from tests.integration.providers.smtp_server import Relay, serve_smtp


def encode(data: bytes) -> str:
    """Base64url without padding, as browsers write keys."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


async def test_a_mail_by_smtp(office: PostOffice, authority: Authority, alice: str, tmp_path: Path) -> None:
    async with serve_smtp(Relay(), starttls=authority.serve()) as relay:
        await office.hire(email=settings.email(settings.smtp(relay, tmp_path), **office.unsubscribing))
        await office.know(alice, email=f"{alice}@example.com", name="Alice Müller")

        id = await office.send(alice, "websocket", "email", type="like", content="Zoë likes your photo")

        line = await office.become(id, "email", "sent")
        assert (line["attempts"], line["reason"]) == (1, None)
        assert (await office.read_log(id))["websocket"]["state"] == "offline"
        (received,) = relay.mails
        assert (received.sender, received.recipients) == ("no-reply@shop.example", [f"{alice}@example.com"])
        mail = received.message
        assert mail["Message-ID"] == f"<{id}@shop.example>"
        text = mail.get_body(("plain",))
        assert text is not None
        assert "Zoë likes your photo" in text.get_content()
        (link,) = links(mail)
        assert link.startswith(f"{PUBLIC_URL}/api/unsubscribe?token=")
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_a_mail_by_ses(office: PostOffice, authority: Authority, alice: str, tmp_path: Path) -> None:
    far = Ses()
    async with serve_https(Service(far.verify), authority.serve()) as service:
        await office.hire(email=settings.email(settings.ses(far, service.url, tmp_path)))
        await office.know(alice, email=f"{alice}@example.com")

        id = await office.send(alice, "email")

        assert (await office.become(id, "email", "sent"))["attempts"] == 1
        assert far.recipients == [f"{alice}@example.com"]
        (raw,) = far.mails
        assert message_from_bytes(raw, policy=default)["Message-ID"] == f"<{id}@shop.example>"


async def test_push_to_every_kind_of_device_of_somebody_who_is_away(
    office: PostOffice, authority: Authority, alice: str, tmp_path: Path
) -> None:
    fcm, apns, browser = Fcm(), Apns(), PushService()
    async with (
        serve_https(Service(fcm.verify), authority.serve()) as google,
        serve_http2(Service(apns.verify), authority.serve("h2")) as apple,
        serve_https(Service(browser.verify), authority.serve()) as push_service,
    ):
        await office.hire(
            push={
                "fcm": settings.fcm(fcm, google.url, tmp_path),
                "apns": settings.apns(apns, apple.url, tmp_path),
                "webpush": settings.webpush(browser, tmp_path),
            }
        )
        subscription = browser.subscribe(push_service.url)
        keys = {"p256dh": encode(subscription.p256dh), "auth": encode(subscription.auth)}
        await office.register(alice, kind="fcm", token=f"{alice}-token")
        await office.register(alice, kind="apns", token=APNS_TOKEN)
        await office.register(
            alice,
            kind="webpush",
            subscription={"endpoint": subscription.endpoint, "expirationTime": None, "keys": keys},
        )

        id = await office.send(alice, content="Grüße", entity={"type": "post", "id": "7"})

        assert (await office.become(id, "push", "sent"))["attempts"] == 1
        assert (await office.read_log(id))["websocket"]["state"] == "offline"
        data = {"notificationId": id, "type": "message", "entityType": "post", "entityId": "7"}
        (phone,) = fcm.messages
        assert (phone["token"], phone["notification"]["body"], phone["data"]) == (f"{alice}-token", "Grüße", data)
        (payload,) = apns.payloads
        assert payload["aps"]["alert"]["body"] == "Grüße"
        assert data.items() <= payload.items()
        (shown,) = browser.shown
        assert (shown["body"], shown["data"]) == ("Grüße", data)


async def test_a_signed_webhook(office: PostOffice, authority: Authority, alice: str, tmp_path: Path) -> None:
    far = Endpoint()
    async with serve_https(Service(far.verify), authority.serve()) as service:
        await office.hire(webhook=settings.webhook(far, tmp_path))
        await office.know(alice, webhook=f"{service.url}/hooks/alice")

        id = await office.send(alice, "websocket", "webhook", content="Hello", metadata={"order": 7})

        assert (await office.become(id, "webhook", "sent"))["attempts"] == 1
        (event,) = far.events
        assert (event["event"], event["id"], event["recipientId"]) == ("notification", id, alice)
        assert (event["tenant"], event["content"], event["metadata"]) == ("default", "Hello", {"order": 7})
        assert [(seen.path, seen.headers["webhook-id"]) for seen in service.seen] == [("/hooks/alice", id)]


async def test_without_providers_each_channel_says_so_and_the_worker_goes_on(office: PostOffice, alice: str) -> None:
    worker = await office.hire()
    await office.know(alice, email=f"{alice}@example.com", webhook="https://hooks.example.com/alice")
    await office.register(alice, kind="fcm", token=f"{alice}-token")

    id = await office.send(alice, "websocket", "email", "push", "webhook")

    for channel, told in {"email": "email", "push": "fcm push", "webhook": "webhook"}.items():
        line = await office.become(id, channel, "not configured")
        assert (line["reason"], line["attempts"]) == (f"no provider is configured for {told}", 0)
    assert (await office.become(await office.send(alice), "websocket", "offline"))["attempts"] == 1
    assert '"level": "error"' not in office.stack.log(worker).lower()
    assert await office.dead_letters(id) == {}
