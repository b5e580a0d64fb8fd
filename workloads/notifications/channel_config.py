"""The ways beside the socket in the configuration: providers, and the files that hold their secrets.

A channel that is left out has no provider. What a `File` names is read anew when it is replaced.
"""

from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from notifications.domain.errors import Refused
from notifications.domain.mail import parse_address
from notifications.domain.network import check_endpoint, parse_reach
from notifications.section import SecretPath, Section

_LONGEST_PUBLIC_URL = 512
_T = TypeVar("_T")

Host = Annotated[str, Meta(min_length=1, max_length=253, pattern=r"^\S+\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=256, pattern=r"^[!-~]+\Z")]
Networks = Annotated[tuple[str, ...], Meta(max_length=100)]
PublicKey = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{87}\Z")]


class SmtpConfig(Section, frozen=True, tag_field="kind", tag="smtp"):
    """A relay. A login is for connections by TLS only."""

    host: Host
    port: Annotated[int, Meta(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    password_file: SecretPath | None = None

    def __post_init__(self) -> None:
        if (self.user is None) != (self.password_file is None):
            raise ValueError("user and passwordFile belong together")
        if self.user is not None and self.security == "none":
            raise ValueError("a login needs security starttls or tls: it would cross the network in clear")


class SesConfig(Section, frozen=True, tag_field="kind", tag="ses"):
    """An account of Amazon SES in one region; `endpoint` is an origin in place of Amazon's."""

    region: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,32}\Z")]
    access_key_id_file: SecretPath
    secret_access_key_file: SecretPath
    endpoint: str | None = None

    def __post_init__(self) -> None:
        _check_origin(self.endpoint)


class EmailConfig(Section, frozen=True, kw_only=True):
    """`providers` are asked in this order. `from` is `local@domain` or `Name <local@domain>`.

    `publicUrl` is where the gateways are reached from outside: links to unsubscribe begin with it, and are signed with
    the key, 32 bytes or more. Without it mails have none.
    """

    sender: str = msgspec.field(name="from")
    providers: Annotated[list[SmtpConfig | SesConfig], Meta(min_length=1, max_length=4)]
    public_url: Annotated[str, Meta(max_length=_LONGEST_PUBLIC_URL)] | None = None
    unsubscribe_key_file: SecretPath | None = None

    def __post_init__(self) -> None:
        _check(parse_address, self.sender)
        if (self.public_url is None) != (self.unsubscribe_key_file is None):
            raise ValueError("publicUrl and unsubscribeKeyFile belong together")
        if self.public_url is not None:
            _check(lambda url: check_endpoint(url, "publicUrl"), self.public_url)


class FcmConfig(Section, frozen=True):
    """A Firebase project, by the JSON key file of a service account; `endpoint` is an origin in place of Google's."""

    service_account_file: SecretPath
    endpoint: str | None = None

    def __post_init__(self) -> None:
        _check_origin(self.endpoint)


class ApnsConfig(Section, frozen=True):
    """An app of Apple's, by a .p8 key; `topic` is its bundle id, `endpoint` an origin in place of Apple's."""

    key_file: SecretPath
    key_id: Name
    team_id: Name
    topic: Name
    sandbox: bool = False
    endpoint: str | None = None

    def __post_init__(self) -> None:
        _check_origin(self.endpoint)


class WebPushConfig(Section, frozen=True):
    """Browsers, by a VAPID key; `subject` is a mailto: or https: address for the push services.

    `publicKey` belongs to the key. Push services within the networks of `allowPrivate` are reached, too.
    """

    key_file: SecretPath
    subject: Annotated[str, Meta(max_length=256, pattern=r"^(mailto:|https://)\S+\Z")]
    public_key: PublicKey | None = None
    allow_private: Networks = ()

    def __post_init__(self) -> None:
        _check(parse_reach, self.allow_private)


class PushConfig(Section, frozen=True):
    """One provider for each kind of device: a device's token is good for one project, app or key."""

    fcm: FcmConfig | None = None
    apns: ApnsConfig | None = None
    webpush: WebPushConfig | None = None


class WebhookConfig(Section, frozen=True):
    """Calls are signed with every key of `keyFiles`; `url` is called for users without an endpoint of their own.

    Endpoints within the networks of `allowPrivate` are called, too.
    """

    key_files: Annotated[list[SecretPath], Meta(min_length=1, max_length=4)]
    url: str | None = None
    allow_private: Networks = ()

    def __post_init__(self) -> None:
        _check(parse_reach, self.allow_private)
        if self.url is not None:
            _check(lambda url: check_endpoint(url, "url"), self.url)


class ChannelsConfig(Section, frozen=True):
    """`channels` of worker.json. `authorityFile` holds authorities, in PEM, that are trusted besides the machine's."""

    email: EmailConfig | None = None
    push: PushConfig = PushConfig()
    webhook: WebhookConfig | None = None
    authority_file: SecretPath | None = None


class GatewayChannelsConfig(Section, frozen=True):
    """`channels` of gateway.json: what the public side of a channel needs. The private keys are the workers' alone."""

    unsubscribe_key_file: SecretPath | None = None
    webpush_public_key: PublicKey | None = None


def _check_origin(endpoint: str | None) -> None:
    if endpoint is None:
        return
    _check(lambda url: check_endpoint(url, "endpoint"), endpoint)
    if {"/", "?"} & set(endpoint.removeprefix("https://")):
        raise ValueError("endpoint must be https:// and a host, without a path")


def _check(read: Callable[[_T], object], value: _T) -> None:
    try:
        read(value)
    except Refused as error:
        raise ValueError(str(error)) from error
