"""Apple is shown the same token for 40 minutes: a younger one would be refused as well as an old one."""

from datetime import UTC, datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from notifications.adapters.push.apns import ApnsSettings, ProviderToken

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEYS = [generate_private_key(SECP256R1()), generate_private_key(SECP256R1())]
SETTINGS = ApnsSettings("TEAM", "KEY", "com.example.app")
MINUTE = timedelta(minutes=1)


def test_a_token_says_who_we_are() -> None:
    token = ProviderToken(SETTINGS, lambda: KEYS[0]).get(NOW)
    claims = jwt.decode(token, KEYS[0].public_key(), algorithms=["ES256"], options={"verify_iat": False})
    assert claims == {"iss": "TEAM", "iat": int(NOW.timestamp())}
    assert jwt.get_unverified_header(token)["kid"] == "KEY"


def test_it_is_made_anew_between_20_and_60_minutes() -> None:
    tokens = ProviderToken(SETTINGS, lambda: KEYS[0])
    first = tokens.get(NOW)
    assert tokens.get(NOW + 39 * MINUTE) == first
    assert tokens.get(NOW + 40 * MINUTE) != first


def test_a_key_that_was_replaced_is_used_at_once() -> None:
    keys = [KEYS[0]]
    tokens = ProviderToken(SETTINGS, lambda: keys[0])
    tokens.get(NOW)
    keys[0] = KEYS[1]
    token = tokens.get(NOW + MINUTE)
    assert jwt.decode(token, KEYS[1].public_key(), algorithms=["ES256"], options={"verify_iat": False})


def test_one_that_apple_calls_expired_is_replaced_unless_it_is_too_young() -> None:
    tokens = ProviderToken(SETTINGS, lambda: KEYS[0])
    first = tokens.get(NOW)
    tokens.expire(NOW + 19 * MINUTE)
    assert tokens.get(NOW + 19 * MINUTE) == first
    tokens.expire(NOW + 20 * MINUTE)
    assert tokens.get(NOW + 20 * MINUTE) != first
