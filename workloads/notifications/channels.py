"""The ways beside the socket, from configuration to providers that are ready to send."""

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext
from typing import TypeVar

from notifications.adapters.email.ses import SesProvider, SesSettings
from notifications.adapters.email.signature import Credentials
from notifications.adapters.email.smtp import Login, SmtpProvider, SmtpSettings
from notifications.adapters.outgoing.http import HttpClient
from notifications.adapters.outgoing.http2 import Http2Client
from notifications.adapters.outgoing.tls import verify
from notifications.adapters.push.apns import PRODUCTION, SANDBOX, ApnsProvider, ApnsSettings
from notifications.adapters.push.encryption import encode_point
from notifications.adapters.push.fcm import FcmProvider, FcmSettings
from notifications.adapters.push.oauth import parse_service_account
from notifications.adapters.push.private_key import parse_p256_key, parse_vapid_key
from notifications.adapters.push.webpush import WebPushProvider, WebPushSettings
from notifications.adapters.secrets.file import SecretFile, parse_text
from notifications.adapters.webhook.caller import SignedWebhookCaller
from notifications.adapters.webhook.signature import parse_signing_keys
from notifications.app.failover import Failover
from notifications.channel_config import (
    ApnsConfig,
    ChannelsConfig,
    EmailConfig,
    FcmConfig,
    PushConfig,
    SesConfig,
    SmtpConfig,
    WebhookConfig,
    WebPushConfig,
)
from notifications.domain.errors import Misconfigured
from notifications.domain.limits import SMTP_CONNECTIONS
from notifications.domain.mail import parse_address
from notifications.domain.network import Reach, parse_reach
from notifications.domain.push import DeviceKind
from notifications.ports.clock import Clock
from notifications.ports.provider import MailProvider, PushProvider, WebhookCaller

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Channels:
    """What carries each channel; one that is not configured raises NotConfigured when it is called."""

    email: Failover[MailProvider]
    push: Mapping[DeviceKind, Failover[PushProvider]]
    webhook: Failover[WebhookCaller]


@asynccontextmanager
async def build_channels(
    config: ChannelsConfig, clock: Clock, monotonic: Callable[[], float], at_once: int = SMTP_CONNECTIONS
) -> AsyncIterator[Channels]:
    """Provide the channels until the block is left, which must be after the last job ended.

    `at_once` is how many jobs of a channel there may be at a time: none waits for a connection that others have, for an
    urgent one would spend its time on waiting for the others.
    Raises Misconfigured for a file that cannot be used. Nothing is connected to before something is sent.
    """
    async with AsyncExitStack() as held:
        tls = verify(Path(config.authority_file) if config.authority_file else None)
        workshop = _Workshop(held, clock, tls, at_once)
        push = await workshop.make_push(config.push)
        yield Channels(
            Failover("email", await workshop.make_mail(config.email) if config.email else {}, monotonic),
            {kind: Failover(f"{kind} push", _name(kind, push.get(kind)), monotonic) for kind in DeviceKind},
            Failover("webhook", await workshop.make_webhook(config.webhook) if config.webhook else {}, monotonic),
        )


class _Workshop:
    """Makes providers, whose connections are given back when `held` is closed."""

    def __init__(self, held: AsyncExitStack, clock: Clock, tls: SSLContext, at_once: int) -> None:
        self._held = held
        self._clock = clock
        self._tls = tls
        self._at_once = at_once

    async def make_mail(self, config: EmailConfig) -> dict[str, MailProvider]:
        """Return relays and accounts by name, in the order in which they are asked."""
        domain = parse_address(config.sender).domain
        greeting = domain if domain.isascii() else "localhost"
        made: dict[str, MailProvider] = {}
        for number, each in enumerate(config.providers, start=1):
            match each:
                case SmtpConfig():
                    made[f"smtp-{number}"] = self._make_smtp(each, greeting)
                case SesConfig():
                    made[f"ses-{number}"] = await self._make_ses(each)
        return made

    async def make_push(self, config: PushConfig) -> dict[DeviceKind, PushProvider]:
        """Return the provider of each kind of device that has one."""
        made: dict[DeviceKind, PushProvider] = {}
        if config.fcm is not None:
            made[DeviceKind.FCM] = await self._make_fcm(config.fcm)
        if config.apns is not None:
            made[DeviceKind.APNS] = await self._make_apns(config.apns)
        if config.webpush is not None:
            made[DeviceKind.WEBPUSH] = await self._make_webpush(config.webpush)
        return made

    async def make_webhook(self, config: WebhookConfig) -> dict[str, WebhookCaller]:
        """Return what calls endpoints."""
        files = [_read(path, parse_signing_keys, "lines of whsec_ and a key in base64") for path in config.key_files]
        outgoing = await self._open_http(parse_reach(config.allow_private))
        caller = SignedWebhookCaller(lambda: tuple(key for file in files for key in file()), outgoing, self._clock)
        return {"webhook": caller}

    def _make_smtp(self, config: SmtpConfig, greeting: str) -> SmtpProvider:
        login = None
        if config.user is not None and config.password_file is not None:
            login = Login(config.user, _read(config.password_file, parse_text, "a password in one line"))
        settings = SmtpSettings(config.host, config.port, config.security, login, greeting, connections=self._at_once)
        provider = SmtpProvider(settings, self._tls, self._clock)
        self._held.push_async_callback(provider.close)
        return provider

    async def _make_ses(self, config: SesConfig) -> SesProvider:
        access_key = _read(config.access_key_id_file, parse_text, "the id of an access key in one line")
        secret_key = _read(config.secret_access_key_file, parse_text, "a secret access key in one line")
        settings = SesSettings(config.region, config.endpoint)
        return SesProvider(
            settings, lambda: Credentials(access_key(), secret_key()), await self._open_http(), self._clock
        )

    async def _make_fcm(self, config: FcmConfig) -> FcmProvider:
        account = _read(config.service_account_file, parse_service_account, "the JSON key file of a service account")
        settings = FcmSettings(config.endpoint) if config.endpoint else FcmSettings()
        return FcmProvider(settings, account, await self._open_http(), self._clock)

    async def _make_apns(self, config: ApnsConfig) -> ApnsProvider:
        key = _read(config.key_file, parse_p256_key, "a .p8 key of Apple's, not encrypted")
        endpoint = config.endpoint or (SANDBOX if config.sandbox else PRODUCTION)
        settings = ApnsSettings(config.team_id, config.key_id, config.topic, endpoint)
        outgoing = await self._held.enter_async_context(Http2Client(self._tls))
        return ApnsProvider(settings, key, outgoing, self._clock)

    async def _make_webpush(self, config: WebPushConfig) -> WebPushProvider:
        key = _read(config.key_file, parse_vapid_key, "a VAPID key, in PEM or in base64url")
        point = urlsafe_b64encode(encode_point(key().public_key())).rstrip(b"=").decode()
        if config.public_key not in {None, point}:
            raise Misconfigured(f"publicKey of webpush does not belong to the key in {config.key_file}: it is {point}")
        outgoing = await self._open_http(parse_reach(config.allow_private))
        return WebPushProvider(WebPushSettings(config.subject), key, outgoing, self._clock)

    async def _open_http(self, reach: Reach | None = None) -> HttpClient:
        return await self._held.enter_async_context(HttpClient(self._tls, reach))


def _name(kind: DeviceKind, provider: PushProvider | None) -> dict[str, PushProvider]:
    return {} if provider is None else {str(kind): provider}


def _read(path: str, parse: Callable[[bytes], _T], expected: str) -> SecretFile[_T]:
    try:
        return SecretFile(Path(path), parse)
    except Misconfigured as error:
        raise Misconfigured(f"{error}; expected is {expected}") from None
