"""Ways of delivery beside the socket: what the file says of them, checked, and what the workloads are told. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv6Address, ip_network
from typing import Any, Final

import msgspec

from .channel_document import Channels, Email, MailProvider, Push
from .errors import InvalidSpec

# A reference to the Secret that is generated: it has no name before somebody makes it
GENERATED: Final[Mapping[str, str]] = {"name": "", "key": ""}

_LITERAL: Final = re.compile(r"https://\[([^\]]*)\]")

Locate = Callable[[str, str], str]


def derive_channels(channels: Channels) -> Mapping[str, Any]:
    """Return `channels` in the form of the file; raise InvalidSpec when fields contradict each other.

    Links to unsubscribe are signed with a generated key where the file names none.
    """
    derived: dict[str, Any] = msgspec.to_builtins(channels)
    for field, url in _list_urls(channels):
        _check_url(f"spec.channels.{field}", url)
    if channels.email is not None:
        _check_email(channels.email)
        if channels.email.public_url is not None:
            derived["email"].setdefault("unsubscribeKeySecretRef", GENERATED)
    if channels.push is not None and channels.push.webpush is not None:
        _check_networks("spec.channels.push.webpush.allowPrivate", channels.push.webpush.allow_private)
    if channels.webhook is not None:
        _check_networks("spec.channels.webhook.allowPrivate", channels.webhook.allow_private)
    return derived


def needs_unsubscribe_key(channels: Mapping[str, Any]) -> bool:
    """Say whether the key that signs links to unsubscribe is generated."""
    return bool(channels.get("email", {}).get("unsubscribeKeySecretRef") == GENERATED)


def render_worker_channels(channels: Mapping[str, Any], locate: Locate) -> dict[str, Any]:
    """Return `channels` of worker.json; `locate` says where the file of a Secret's entry is."""
    rendered: dict[str, Any] = _render(channels, locate)
    rendered.pop("digest", None)
    if email := rendered.get("email"):
        email.pop("htmlTypes", None)
        email["providers"] = [
            {"kind": kind, **settings} for provider in email["providers"] for kind, settings in provider.items()
        ]
    return rendered


def render_digest(channels: Mapping[str, Any]) -> dict[str, Any]:
    """Return `digest` of both files: gateways hold what workers put together."""
    return dict(channels.get("digest", {}))


def list_html_types(channels: Mapping[str, Any]) -> list[str]:
    """Return `htmlTypes` of both files: whoever writes mails, or shows how they would look, has to know them."""
    return list(channels.get("email", {}).get("htmlTypes", ()))


def render_gateway_channels(channels: Mapping[str, Any], locate: Locate) -> dict[str, Any]:
    """Return `channels` of gateway.json: nothing that only who delivers has to know."""
    email, webpush = channels.get("email", {}), channels.get("push", {}).get("webpush", {})
    public = {
        "unsubscribeKeySecretRef": email.get("unsubscribeKeySecretRef"),
        "webpushPublicKey": webpush.get("publicKey"),
    }
    rendered: dict[str, Any] = _render({name: value for name, value in public.items() if value}, locate)
    return rendered


def _render(value: Any, locate: Locate) -> Any:
    match value:
        case {"name": str(secret), "key": str(entry)}:
            return locate(secret, entry)
        case Mapping():
            return {name.replace("SecretRef", "File"): _render(inner, locate) for name, inner in value.items()}
        case list():
            return [_render(inner, locate) for inner in value]
        case _:
            return value


def _list_urls(channels: Channels) -> Iterator[tuple[str, str | None]]:
    email, push = channels.email, channels.push or Push()
    if email is not None:
        yield "email.publicUrl", email.public_url
        accounts = ((number, provider.ses) for number, provider in enumerate(email.providers) if provider.ses)
        yield from ((f"email.providers[{number}].ses.endpoint", ses.endpoint) for number, ses in accounts)
    if push.fcm is not None:
        yield "push.fcm.endpoint", push.fcm.endpoint
    if push.apns is not None:
        yield "push.apns.endpoint", push.apns.endpoint
    if channels.webhook is not None:
        yield "webhook.url", channels.webhook.url


def _check_url(field: str, url: str | None) -> None:
    literal = _LITERAL.match(url or "")
    try:
        if literal:
            IPv6Address(literal[1])
    except ValueError as error:
        raise InvalidSpec(field, "must have an address of IPv6 in its brackets") from error


def _check_email(email: Email) -> None:
    for number, provider in enumerate(email.providers):
        _check_provider(f"spec.channels.email.providers[{number}]", provider)
    if email.unsubscribe_key_secret_ref is not None and email.public_url is None:
        raise InvalidSpec("spec.channels.email.publicUrl", "must be there for a key that signs links to it")


def _check_provider(field: str, provider: MailProvider) -> None:
    if (provider.smtp is None) == (provider.ses is None):
        raise InvalidSpec(field, "must have exactly one of: smtp, ses")
    smtp = provider.smtp
    if smtp is None:
        return
    if (smtp.user is None) != (smtp.password_secret_ref is None):
        raise InvalidSpec(f"{field}.smtp", "must have both user and passwordSecretRef, or neither")
    if smtp.user is not None and smtp.security == "none":
        raise InvalidSpec(
            f"{field}.smtp",
            "must have security starttls or tls for a login, which would cross the network in clear",
        )


def _check_networks(field: str, networks: list[str] | None) -> None:
    for number, network in enumerate(networks or ()):
        try:
            ip_network(network)
        except ValueError as error:
            raise InvalidSpec(f"{field}[{number}]", f'must be a network such as "10.0.0.0/8": {error}') from error
