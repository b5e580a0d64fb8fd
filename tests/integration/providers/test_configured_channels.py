"""From the `channels` of worker.json to messages that arrive, by every provider and its real protocol."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from notifications.adapters.push.private_key import parse_vapid_key
from notifications.channel_config import ChannelsConfig
from notifications.channels import Channels, build_channels
from notifications.clock import now
from notifications.domain.errors import Misconfigured, NotConfigured, Rejected, TemporaryFailure
from notifications.domain.limits import ATTEMPT_HIGH
from notifications.domain.push import Device, DeviceKind
from notifications.domain.webhook import Webhook
from tests.integration.providers.apns import KEY_ID, TEAM, TOPIC, Apns
from tests.integration.providers.authority import HOST, Authority
from tests.integration.providers.conftest import APNS_TOKEN, BOB, FCM_TOKEN, MAIL, PUSH
from tests.integration.providers.endpoint import Endpoint
from tests.integration.providers.fcm import Fcm
from tests.integration.providers.http2_server import serve_http2
from tests.integration.providers.https_server import serve_https
from tests.integration.providers.push_service import CONTACT, PushService
from tests.integration.providers.service import Mischief, Service
from tests.integration.providers.ses import Ses
from tests.integration.providers.settings import (
    OWN_MACHINE,
    apns,
    email,
    fcm,
    private_key,
    ses,
    smtp,
    webpush,
    write,
)
from tests.integration.providers.smtp_server import USERNAME, Relay, serve_smtp
from tests.support.ports import free_port
from tests.support.waiting import eventually

WHOLE = b"whsec_dGhpcnR5LXR3byBieXRlcyBmb3IgYSBzaWduYXR1cmU=\n"


@asynccontextmanager
async def configured(authority: Authority, at_once: int = 10, **channels: Any) -> AsyncIterator[Channels]:
    """What a worker has whose configuration says this, and that serves so many jobs of a channel at once."""
    document = {"authorityFile": str(authority.certificate), **channels}
    config = msgspec.json.decode(msgspec.json.encode(document), type=ChannelsConfig)
    async with build_channels(config, now, asyncio.get_running_loop().time, at_once) as built:
        yield built


async def test_without_configuration_every_channel_says_that_it_has_none() -> None:
    async with build_channels(ChannelsConfig(), now, asyncio.get_running_loop().time) as channels:
        with pytest.raises(NotConfigured, match="no provider is configured for email"):
            await channels.email.call(lambda provider: provider.send(MAIL))
        with pytest.raises(NotConfigured, match="no provider is configured for webhook"):
            await channels.webhook.call(lambda caller: caller.call(Webhook("1", "https://hooks.example", b"")))
        for kind in DeviceKind:
            device = Device(UUID(int=1), BOB, DeviceKind.FCM, FCM_TOKEN)
            with pytest.raises(NotConfigured, match=f"no provider is configured for {kind} push"):
                await channels.push[kind].call(lambda provider, device=device: provider.send(PUSH, device))  # type: ignore[misc]


async def test_mail_goes_to_the_relay_and_greets_it_by_the_domain_of_the_sender(
    authority: Authority, tmp_path: Path
) -> None:
    async with (
        serve_smtp(Relay(), starttls=authority.serve()) as relay,
        configured(authority, email=email(smtp(relay, tmp_path))) as channels,
    ):
        assert await channels.email.call(lambda provider: provider.send(MAIL)) == MAIL.message_id
        assert [mail.recipients for mail in relay.mails] == [["bob@example.com"]]
        [server] = relay.accepted
        assert server.session is not None
        assert server.session.host_name == "shop.example"


async def test_connections_are_given_back_at_the_end(authority: Authority, tmp_path: Path) -> None:
    async with serve_smtp(Relay(), starttls=authority.serve()) as relay:
        async with configured(authority, email=email(smtp(relay, tmp_path))) as channels:
            await channels.email.call(lambda provider: provider.send(MAIL))
            [server] = relay.accepted
            assert server.transport is not None
        await eventually(lambda: server.transport is None)


async def test_an_urgent_mail_waits_for_no_connection_that_others_have(authority: Authority, tmp_path: Path) -> None:
    others = 12
    async with (
        serve_smtp(Relay(planned={"DATA": [Mischief.HANG] * others}), starttls=authority.serve()) as relay,
        configured(authority, at_once=others + 1, email=email(smtp(relay, tmp_path))) as channels,
    ):
        under_way = [asyncio.ensure_future(channels.email.call(lambda each: each.send(MAIL))) for _ in range(others)]
        await eventually(lambda: len(relay.mails) == others)
        assert await channels.email.call(lambda provider: provider.send(MAIL), within=ATTEMPT_HIGH) == MAIL.message_id
        for mail in under_way:
            mail.cancel()
        await asyncio.wait(under_way)


async def test_mail_goes_by_the_second_provider_while_the_first_is_away(authority: Authority, tmp_path: Path) -> None:
    far, away = Ses(), {"kind": "smtp", "host": HOST, "port": free_port()}
    async with (
        serve_https(Service(far.verify), authority.serve()) as service,
        configured(authority, email=email(away, ses(far, service.url, tmp_path))) as channels,
    ):
        assert await channels.email.call(lambda provider: provider.send(MAIL)) == "0107-1"


async def test_two_providers_of_one_kind_are_told_apart(authority: Authority, tmp_path: Path) -> None:
    away: dict[str, object] = {"kind": "smtp", "host": HOST, "port": free_port()}
    async with (
        serve_smtp(Relay(), starttls=authority.serve()) as relay,
        configured(authority, email=email(away, smtp(relay, tmp_path))) as channels,
    ):
        await channels.email.call(lambda provider: provider.send(MAIL))
        assert len(relay.mails) == 1


async def test_fcm_wakes_a_phone(authority: Authority, tmp_path: Path) -> None:
    far, device = Fcm(), Device(UUID(int=1), BOB, DeviceKind.FCM, FCM_TOKEN)
    async with (
        serve_https(Service(far.verify), authority.serve()) as service,
        configured(authority, push={"fcm": fcm(far, service.url, tmp_path)}) as channels,
    ):
        await channels.push[DeviceKind.FCM].call(lambda provider: provider.send(PUSH, device))
    assert [message["token"] for message in far.messages] == [FCM_TOKEN]


async def test_apns_wakes_a_phone(authority: Authority, tmp_path: Path) -> None:
    far, device = Apns(), Device(UUID(int=1), BOB, DeviceKind.APNS, APNS_TOKEN)
    async with (
        serve_http2(Service(far.verify), authority.serve("h2")) as service,
        configured(authority, push={"apns": apns(far, service.url, tmp_path)}) as channels,
    ):
        await channels.push[DeviceKind.APNS].call(lambda provider: provider.send(PUSH, device))
        assert [seen.path for seen in service.seen] == [f"/3/device/{APNS_TOKEN}"]


async def test_web_push_reaches_a_browser_by_a_push_service_in_a_network_that_is_allowed(
    authority: Authority, tmp_path: Path
) -> None:
    far = PushService()
    setting = webpush(far, tmp_path)
    async with serve_https(Service(far.verify), authority.serve()) as service:
        device = Device(UUID(int=1), BOB, DeviceKind.WEBPUSH, far.subscribe(service.url))
        async with configured(authority, push={"webpush": setting}) as channels:
            await channels.push[DeviceKind.WEBPUSH].call(lambda provider: provider.send(PUSH, device))
        assert len(far.shown) == 1
        async with configured(authority, push={"webpush": {**setting, "allowPrivate": []}}) as channels:
            with pytest.raises(Rejected, match="not a public one"):
                await channels.push[DeviceKind.WEBPUSH].call(lambda provider: provider.send(PUSH, device))


async def test_a_webhook_is_signed_with_the_keys_of_every_file(authority: Authority, tmp_path: Path) -> None:
    far = Endpoint()
    files = [write(tmp_path / "old", WHOLE), write(tmp_path / "new", far.key_file())]
    async with serve_https(Service(far.verify), authority.serve()) as service:
        hook = {"keyFiles": [str(file) for file in files], "allowPrivate": OWN_MACHINE}
        async with configured(authority, webhook=hook) as channels:
            event = Webhook("msg-1", f"{service.url}/hooks", b'{"type": "like"}')
            assert await channels.webhook.call(lambda caller: caller.call(event)) == 204
            assert len(service.seen[0].headers["webhook-signature"].split()) == 2
            away = replace(event, url=f"https://{HOST}:{free_port()}")
            with pytest.raises(TemporaryFailure):
                await channels.webhook.call(lambda caller: caller.call(away))


def wrong(folder: Path) -> dict[str, dict[str, Any]]:
    """Channels whose file `wrong` cannot be used, by what is said of it."""
    file = str(folder / "wrong")
    apns = {"keyFile": file, "keyId": KEY_ID, "teamId": TEAM, "topic": TOPIC}
    relay = {"kind": "smtp", "host": HOST, "user": USERNAME, "passwordFile": file}
    account = {"kind": "ses", "region": "eu-central-1", "accessKeyIdFile": file, "secretAccessKeyFile": file}
    return {
        "a password in one line": {"email": email(relay)},
        "the id of an access key in one line": {"email": email(account)},
        "the JSON key file of a service account": {"push": {"fcm": {"serviceAccountFile": file}}},
        "a .p8 key of Apple's, not encrypted": {"push": {"apns": apns}},
        "a VAPID key, in PEM or in base64url": {"push": {"webpush": {"keyFile": file, "subject": CONTACT}}},
        "lines of whsec_ and a key in base64": {"webhook": {"keyFiles": [file]}},
    }


@pytest.mark.parametrize("expected", wrong(Path()))
@pytest.mark.parametrize("content", [b"two lines\nthat are hidden", b"", b'{"type": "hidden"}\n\xff', None], ids=repr)
async def test_a_file_that_cannot_be_used_is_named_with_what_it_should_hold(
    authority: Authority, tmp_path: Path, expected: str, content: bytes | None
) -> None:
    if content is not None:
        write(tmp_path / "wrong", content)
    with pytest.raises(Misconfigured) as refusal:
        async with configured(authority, **wrong(tmp_path)[expected]):
            pass
    line = str(refusal.value)
    assert line.startswith(f"the secret {tmp_path}/wrong ")
    assert line.endswith(f"; expected is {expected}")
    assert "hidden" not in line
    assert "\n" not in line


async def test_a_public_key_of_another_pair_is_refused_with_the_right_one(authority: Authority, tmp_path: Path) -> None:
    key = PushService().server_key
    file = write(tmp_path / "vapid.pem", private_key(key))
    other = {"keyFile": str(file), "subject": CONTACT, "publicKey": "B" * 87}
    with pytest.raises(Misconfigured, match="does not belong to the key in") as refusal:
        async with configured(authority, push={"webpush": other}):
            pass
    right = str(refusal.value).rpartition(" ")[2]
    async with configured(authority, push={"webpush": {**other, "publicKey": right}}) as channels:
        assert channels.push[DeviceKind.WEBPUSH] is not None
    assert parse_vapid_key(file.read_bytes()).public_key() == key.public_key()


async def test_a_file_without_authorities_is_refused(tmp_path: Path) -> None:
    config = ChannelsConfig(authority_file=str(write(tmp_path / "ca.pem", b"none")))
    with pytest.raises(Misconfigured, match=r"ca\.pem cannot be read"):
        async with build_channels(config, now, asyncio.get_running_loop().time):
            pass
