"""The example of Standard Webhooks comes out, and a new secret can be introduced beside the old one."""

from datetime import UTC, datetime

import pytest

from notifications.adapters.webhook.signature import parse_signing_keys, sign
from notifications.domain.webhook import Webhook

SECRET = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = b"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
WEBHOOK = Webhook("msg_p5jXN8AQM9LWM0D4loKWxJek", "https://example.com/", b'{"test": 2432232314}')
NOW = datetime.fromtimestamp(1614265330, UTC)


def test_the_published_example() -> None:
    assert sign(WEBHOOK, parse_signing_keys(SECRET), NOW) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_two_secrets_make_two_signatures() -> None:
    both = sign(WEBHOOK, parse_signing_keys(SECRET + b"\n" + OTHER + b"\n"), NOW)["webhook-signature"].split(" ")
    assert both == [sign(WEBHOOK, parse_signing_keys(secret), NOW)["webhook-signature"] for secret in (SECRET, OTHER)]


@pytest.mark.parametrize("raw", [b"", b"secret", b"whsec_c2hvcnQ=", b"whsec_!!!", SECRET[6:], SECRET + b"\nother"])
def test_what_is_no_secret_of_this_kind_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse_signing_keys(raw)
