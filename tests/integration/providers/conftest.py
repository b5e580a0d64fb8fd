"""Every provider on this machine, and the adapter that speaks to it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Generic, TypeVar
from uuid import UUID

import pytest

from notifications.adapters.email.ses import SesProvider, SesSettings
from notifications.adapters.email.signature import Credentials
from notifications.adapters.outgoing.http import HttpClient
from notifications.adapters.outgoing.http2 import Http2Client
from notifications.adapters.outgoing.tls import verify
from notifications.adapters.push.apns import ApnsProvider, ApnsSettings
from notifications.adapters.push.fcm import FcmProvider, FcmSettings
from notifications.adapters.push.oauth import parse_service_account
from notifications.adapters.push.private_key import parse_p256_key, parse_vapid_key
from notifications.adapters.push.webpush import WebPushProvider, WebPushSettings
from notifications.adapters.secrets.file import SecretFile, parse_text
from notifications.adapters.webhook.caller import SignedWebhookCaller
from notifications.adapters.webhook.signature import parse_signing_keys
from notifications.clock import now
from notifications.domain.mail import Address, Mail
from notifications.domain.network import parse_reach
from notifications.domain.notification import UserKey
from notifications.domain.push import Device, DeviceKind, Push
from notifications.domain.webhook import Webhook
from tests.integration.providers.apns import KEY_ID, TEAM, TOPIC, Apns
from tests.integration.providers.authority import Authority
from tests.integration.providers.endpoint import Endpoint
from tests.integration.providers.fcm import Fcm
from tests.integration.providers.http2_server import serve_http2
from tests.integration.providers.https_server import serve_https
from tests.integration.providers.push_service import CONTACT, PushService
from tests.integration.providers.service import Service
from tests.integration.providers.ses import ACCESS_KEY, SECRET_KEY, Ses
from tests.integration.providers.settings import private_key, write

T = TypeVar("T")
BOB = UserKey("acme", "bob")
PUSH = Push(UUID(int=7), "Grüße", "a body", {"order": "1"}, ttl=600, urgent=True, collapse_key="orders-of-the-day/bob")
FCM_TOKEN = "dGVzdA:APA91bF_secret"
APNS_TOKEN = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0"
MAIL = Mail(
    "<7.email@shop.example>",
    Address("no-reply", "shop.example", "Größe & Söhne"),
    Address("bob", "example.com"),
    "Grüße",
    "a text",
    "<p>a text</p>",
    "https://shop.example/unsubscribe?token=1",
)


@dataclass
class Clock:
    """The real time, moved ahead by hand."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return now() + self.ahead


@dataclass
class Line(Generic[T]):
    """A provider (`far`), the service that it answers by, and how to send something to it."""

    far: T
    service: Service
    send: Callable[[], Awaitable[object]]
    clock: Clock


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def patience() -> float:
    """How many seconds an adapter waits for an answer."""
    return 20.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def outgoing(authority: Authority, patience: float) -> AsyncIterator[HttpClient]:
    async with HttpClient(verify(authority.certificate), parse_reach(["127.0.0.0/8"]), patience) as client:
        yield client


@pytest.fixture
async def ses(authority: Authority, outgoing: HttpClient, clock: Clock, tmp_path: Path) -> AsyncIterator[Line[Ses]]:
    far = Ses()
    secret = SecretFile(write(tmp_path / "secret", SECRET_KEY.encode()), parse_text)
    async with serve_https(Service(far.verify), authority.serve()) as service:
        provider = SesProvider(
            SesSettings(far.region, service.url), lambda: Credentials(ACCESS_KEY, secret()), outgoing, clock
        )
        yield Line(far, service, lambda: provider.send(MAIL), clock)


@pytest.fixture
async def fcm(authority: Authority, outgoing: HttpClient, clock: Clock, tmp_path: Path) -> AsyncIterator[Line[Fcm]]:
    far = Fcm()
    async with serve_https(Service(far.verify), authority.serve()) as service:
        account = SecretFile(write(tmp_path / "account.json", far.key_file(service.url)), parse_service_account)
        provider = FcmProvider(FcmSettings(service.url), account, outgoing, clock)
        device = Device(UUID(int=1), BOB, DeviceKind.FCM, FCM_TOKEN)
        yield Line(far, service, lambda: provider.send(PUSH, device), clock)


@pytest.fixture
async def apns(authority: Authority, patience: float, clock: Clock, tmp_path: Path) -> AsyncIterator[Line[Apns]]:
    far = Apns()
    key = SecretFile(write(tmp_path / "AuthKey.p8", private_key(far.key)), parse_p256_key)
    async with (
        serve_http2(Service(far.verify), authority.serve("h2")) as service,
        Http2Client(verify(authority.certificate), patience) as client,
    ):
        provider = ApnsProvider(ApnsSettings(TEAM, KEY_ID, TOPIC, service.url), key, client, clock)
        device = Device(UUID(int=2), BOB, DeviceKind.APNS, APNS_TOKEN)
        yield Line(far, service, lambda: provider.send(PUSH, device), clock)


@pytest.fixture
async def webpush(
    authority: Authority, outgoing: HttpClient, clock: Clock, tmp_path: Path
) -> AsyncIterator[Line[PushService]]:
    far = PushService()
    key = SecretFile(write(tmp_path / "vapid.pem", private_key(far.server_key)), parse_vapid_key)
    async with serve_https(Service(far.verify), authority.serve()) as service:
        provider = WebPushProvider(WebPushSettings(CONTACT), key, outgoing, clock)
        device = Device(UUID(int=3), BOB, DeviceKind.WEBPUSH, far.subscribe(service.url))
        yield Line(far, service, lambda: provider.send(PUSH, device), clock)


@pytest.fixture
async def webhook(
    authority: Authority, outgoing: HttpClient, clock: Clock, tmp_path: Path
) -> AsyncIterator[Line[Endpoint]]:
    far = Endpoint()
    keys = SecretFile(write(tmp_path / "keys", far.key_file()), parse_signing_keys)
    async with serve_https(Service(far.verify), authority.serve()) as service:
        caller = SignedWebhookCaller(keys, outgoing, clock)
        event = Webhook("msg-1", f"{service.url}/hooks/secret-path?tenant=acme", b'{"type": "like"}')
        yield Line(far, service, lambda: caller.call(event), clock)
