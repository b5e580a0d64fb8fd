"""A channel is configured completely or refused with one line that names the field."""

import json
from pathlib import Path
from typing import Any

import pytest

from notifications.channel_config import SesConfig, SmtpConfig
from notifications.config import GatewayConfig, WorkerConfig, load_config
from notifications.domain.errors import Misconfigured

FILE = "/run/secrets/one"
SERVERS: dict[str, Any] = {
    "postgres": {"uriFile": FILE},
    "nats": {"servers": ["nats://127.0.0.1:4222"], "user": "worker", "passwordFile": FILE},
}
SMTP = {"kind": "smtp", "host": "mail.example.com"}
LOGIN = {"user": "mailer", "passwordFile": FILE}
SES = {"kind": "ses", "region": "eu-central-1", "accessKeyIdFile": FILE, "secretAccessKeyFile": FILE}
EMAIL = {"from": "Shop <no-reply@shop.example>", "providers": [SMTP]}
UNSUBSCRIBE = {"publicUrl": "https://notify.shop.example", "unsubscribeKeyFile": FILE}
APNS = {"keyFile": FILE, "keyId": "KEY1234567", "teamId": "TEAM123456", "topic": "com.example.app"}
WEBPUSH = {"keyFile": FILE, "subject": "mailto:ops@shop.example"}


def load(folder: Path, channels: object) -> WorkerConfig:
    path = folder / "worker.json"
    path.write_text(json.dumps({"role": "worker", **SERVERS, "channels": channels}))
    return load_config(path, WorkerConfig)


def test_a_worker_without_channels_has_no_provider(tmp_path: Path) -> None:
    channels = load(tmp_path, {}).channels
    assert (channels.email, channels.webhook, channels.push.fcm) == (None, None, None)


def test_mail_has_several_providers_in_order(tmp_path: Path) -> None:
    email = load(tmp_path, {"email": {**EMAIL, **UNSUBSCRIBE, "providers": [{**SMTP, **LOGIN}, SES]}}).channels.email
    assert email is not None
    relay, account = email.providers
    assert isinstance(relay, SmtpConfig)
    assert (relay.port, relay.security, relay.user) == (587, "starttls", "mailer")
    assert isinstance(account, SesConfig)
    assert (email.sender, email.public_url) == ("Shop <no-reply@shop.example>", "https://notify.shop.example")


def test_a_gateway_gets_what_the_public_side_needs_and_no_private_key(tmp_path: Path) -> None:
    auth = {"issuer": "us", "audience": "us", "keys": [{"id": "a", "algorithm": "HS256", "file": FILE}]}
    document: dict[str, Any] = {"role": "gateway", **SERVERS, "auth": auth}
    path = tmp_path / "gateway.json"
    path.write_text(json.dumps({**document, "channels": {"unsubscribeKeyFile": FILE, "webpushPublicKey": "B" * 87}}))
    channels = load_config(path, GatewayConfig).channels
    assert (channels.unsubscribe_key_file, channels.webpush_public_key) == (FILE, "B" * 87)
    path.write_text(json.dumps({**document, "channels": {"push": {"webpush": WEBPUSH}}}))
    with pytest.raises(Misconfigured, match="unknown field `push`"):
        load_config(path, GatewayConfig)


def mail(**fields: object) -> dict[str, object]:
    return {"email": {**EMAIL, **fields}}


def relay(**fields: object) -> dict[str, object]:
    return mail(providers=[{**SMTP, **fields}])


def account(**fields: object) -> dict[str, object]:
    return mail(providers=[{**SES, **fields}])


def hook(**fields: object) -> dict[str, object]:
    return {"webhook": {"keyFiles": [FILE], **fields}}


WRONG: dict[str, tuple[object, str]] = {
    "an unknown channel": ({"sms": {}}, "sms"),
    "mail without a provider": (mail(providers=[]), "email.providers"),
    "five providers": (mail(providers=[SMTP] * 5), "email.providers"),
    "a provider without a kind": (mail(providers=[{"host": "a"}]), "email.providers[0]"),
    "an unknown provider": (mail(providers=[{"kind": "pigeon"}]), "email.providers[0]"),
    "mail from nobody": ({"email": {"providers": [SMTP]}}, "from"),
    "mail from no address": (mail(**{"from": "the shop"}), "$.channels.email"),
    "a name with a line break": (mail(**{"from": "a\nb <a@shop.example>"}), "line break"),
    "a name that is far too long": (mail(**{"from": "a" * 300 + "<a@shop.example>"}), "longer than"),
    "links without a key": (mail(publicUrl="https://a.example"), "publicUrl and unsubscribeKeyFile belong together"),
    "a key without links": (mail(unsubscribeKeyFile=FILE), "publicUrl and unsubscribeKeyFile belong together"),
    "links in clear": (mail(**{**UNSUBSCRIBE, "publicUrl": "http://a.example"}), "publicUrl must be an https://"),
    "links that are too long": (mail(**{**UNSUBSCRIBE, "publicUrl": f"https://{'a' * 600}"}), "publicUrl"),
    "a relay on port 0": (relay(port=0), "providers[0].port"),
    "a relay without a host": (relay(host=""), "providers[0].host"),
    "a host with a line end": (relay(host="a\n"), "providers[0].host"),
    "a relay without TLS by another name": (relay(security="off"), "providers[0].security"),
    "a user without a password": (relay(user="a"), "user and passwordFile belong together"),
    "a password without a user": (relay(passwordFile=FILE), "user and passwordFile belong together"),
    "a login in clear": (relay(**LOGIN, security="none"), "it would cross the network in clear"),
    "the password itself": (relay(user="a", password="secret"), "password"),
    "a region that is part of an address": (account(region="eu/../x"), "providers[0].region"),
    "an account without a key": (mail(providers=[{"kind": "ses", "region": "eu-central-1"}]), "accessKeyIdFile"),
    "an endpoint in clear": (account(endpoint="http://a.example"), "endpoint must be an https://"),
    "an endpoint with a path": (account(endpoint="https://a.example/v2"), "endpoint must be https:// and a host"),
    "FCM without an account": ({"push": {"fcm": {}}}, "serviceAccountFile"),
    "FCM with a path": (
        {"push": {"fcm": {"serviceAccountFile": FILE, "endpoint": "https://a/b"}}},
        "endpoint must be https:// and a host",
    ),
    "APNs without a topic": ({"push": {"apns": {**APNS, "topic": ""}}}, "push.apns.topic"),
    "APNs with a header in its topic": ({"push": {"apns": {**APNS, "topic": "a\r\nb: c"}}}, "push.apns.topic"),
    "APNs at no origin": ({"push": {"apns": {**APNS, "endpoint": "api.push.apple.com"}}}, "endpoint must be"),
    "Web Push by nobody": ({"push": {"webpush": {**WEBPUSH, "subject": "ops@shop.example"}}}, "push.webpush.subject"),
    "a public key that is none": ({"push": {"webpush": {**WEBPUSH, "publicKey": "B"}}}, "push.webpush.publicKey"),
    "push services in no network": ({"push": {"webpush": {**WEBPUSH, "allowPrivate": ["10.0.0.1/8"]}}}, "a network"),
    "webhooks without a key": (hook(keyFiles=[]), "webhook.keyFiles"),
    "webhooks in clear": (hook(url="http://hooks.example"), "url must be an https://"),
    "endpoints in no network": (hook(allowPrivate=["everything"]), "a network is wrong"),
}


@pytest.mark.parametrize(("channels", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_channel_is_refused_by_name(tmp_path: Path, channels: object, told: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        load(tmp_path, channels)
    line = str(refusal.value)
    assert line.startswith(f"the configuration {tmp_path}/worker.json is wrong: ")
    assert told in line
    assert "\n" not in line
    assert "secret" not in line.replace(FILE, "")
