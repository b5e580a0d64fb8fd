"""What a verified token says becomes a principal, and is believed until it expires."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from notifications.adapters.jwt.keys import Key
from notifications.adapters.jwt.minter import TokenMinter
from notifications.adapters.jwt.verifier import TokenVerifier
from notifications.clock import now
from notifications.domain.errors import Forbidden, Misconfigured, TokenExpired
from notifications.domain.notification import UserKey
from notifications.domain.principal import require_producer

SECRET = b"a secret of more than 32 bytes for the tests"


def verifier(*keys: Key, clock: Callable[[], datetime] = now) -> TokenVerifier:
    return TokenVerifier(keys or [Key("demo", "HS256", SECRET)], "us", "us", clock)


def token(kid: str | None = "demo", key: Any = SECRET, algorithm: str = "HS256", **claims: object) -> str:
    stated = {"sub": "alice", "iss": "us", "aud": "us", "exp": int(time.time()) + 3600, **claims}
    return jwt.encode(stated, key, algorithm, headers={"kid": kid} if kid else None)


@pytest.mark.parametrize(
    ("algorithm", "private"),
    [
        ("RS256", rsa.generate_private_key(65537, 2048)),
        ("ES256", ec.generate_private_key(ec.SECP256R1())),
        ("EdDSA", ed25519.Ed25519PrivateKey.generate()),
    ],
    ids=["RS256", "ES256", "EdDSA"],
)
def test_each_algorithm_verifies_with_its_key(algorithm: str, private: Any) -> None:
    one_of_two = verifier(Key("demo", "HS256", SECRET), Key("theirs", algorithm, private.public_key()))
    assert one_of_two.verify(token("theirs", private, algorithm)).owner == UserKey("default", "alice")


def test_claims_become_a_principal() -> None:
    expires = int(time.time()) + 60
    principal = verifier().verify(
        token(tenant="acme", groups=["a", "b"], roles=["admin"], scope="x notifications:write", jti="1", exp=expires)
    )
    assert principal.owner == UserKey("acme", "alice")
    assert principal.expires_at == datetime.fromtimestamp(expires, UTC)
    assert sorted(principal.groups) == ["a", "b"]
    assert sorted(principal.roles) == ["admin"]
    assert sorted(principal.scopes) == ["notifications:write", "x"]
    assert principal.token_id == "1"
    require_producer(principal)


def test_a_token_that_claims_little_may_do_little() -> None:
    principal = verifier().verify(token())
    assert principal.owner.tenant == "default"
    assert not principal.groups | principal.roles | principal.scopes
    with pytest.raises(Forbidden, match="notifications:write"):
        require_producer(principal)


def test_a_scope_is_a_whole_word() -> None:
    with pytest.raises(Forbidden):
        require_producer(verifier().verify(token(scope="notifications:write-all notifications")))


def test_a_token_without_kid_is_verified_by_the_only_key() -> None:
    assert verifier().verify(token(kid=None)).owner.user == "alice"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["others", "us"]},
        {"exp": time.time() + 3600.5},
        {"nbf": time.time() + 10},
        {"iat": time.time() + 10},
        {"sub": "a" * 128},
        {"sub": "Zoë 🎺/*.>"},
        {"tenant": "a" * 63},
        {"groups": [], "roles": []},
    ],
    ids=lambda claims: ", ".join(claims),
)
def test_what_is_odd_and_allowed_is_accepted(claims: dict[str, Any]) -> None:
    assert verifier().verify(token(**claims)).owner.user == claims.get("sub", "alice")


def test_a_token_that_was_verified_before_is_refused_once_it_has_expired() -> None:
    present = datetime.now(UTC)
    watched = verifier(clock=lambda: present)
    good = token(exp=int(present.timestamp()) + 60)
    assert watched.verify(good) is watched.verify(good)
    present += timedelta(minutes=2)
    with pytest.raises(TokenExpired):
        watched.verify(good)


def test_tokens_that_were_verified_are_not_remembered_without_end() -> None:
    watched = verifier()
    first = watched.verify(oldest := token(jti="oldest"))
    for number in range(10_000):
        watched.verify(token(jti=str(number)))
    assert watched.verify(oldest) is not first


def test_a_minted_token_verifies() -> None:
    key = Key("demo", "HS256", SECRET)
    minted = TokenMinter([key], "us", "us").mint({"sub": "bob", "tenant": "demo"}, now(), timedelta(minutes=1))
    assert verifier(key).verify(minted).owner == UserKey("demo", "bob")


def test_without_a_secret_nothing_can_be_minted() -> None:
    public = Key("theirs", "EdDSA", ed25519.Ed25519PrivateKey.generate().public_key())
    with pytest.raises(Misconfigured, match="HS256"):
        TokenMinter([public], "us", "us")


@pytest.mark.parametrize(
    "iat", [None, int(time.time()) - 60, time.time() - 0.5], ids=["untold", "a minute ago", "half a second ago"]
)
def test_a_token_may_say_when_it_was_issued(iat: float | None) -> None:
    told: dict[str, Any] = {} if iat is None else {"iat": iat}
    assert verifier().verify(token(**told)).issued_at == (None if iat is None else datetime.fromtimestamp(iat, UTC))


YEAR = 366 * 86_400


@pytest.mark.parametrize(("iat", "exp"), [(None, YEAR - 5), (0, YEAR), (-60, YEAR - 60), (0, 60)])
def test_a_token_may_live_for_a_year(iat: int | None, exp: int) -> None:
    at = int(time.time())
    told: dict[str, Any] = {} if iat is None else {"iat": at + iat}
    assert verifier().verify(token(exp=at + exp, **told)).expires_at == datetime.fromtimestamp(at + exp, UTC)
