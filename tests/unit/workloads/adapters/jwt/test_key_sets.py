"""Of a published set only keys that verify signatures safely are taken, each with one algorithm."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from notifications.adapters.jwt.key_set import read_key_set
from notifications.domain.limits import MAX_JWKS_KEYS

RSA_KEY = rsa.generate_private_key(65537, 2048)
RSA: dict[str, Any] = RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True)
EC: dict[str, Any] = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True)
ED: dict[str, Any] = OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate().public_key(), as_dict=True)
WEAK: dict[str, Any] = RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 1024).public_key(), as_dict=True)
LONG: dict[str, Any] = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key(), as_dict=True)
GOOD = {**EC, "kid": "good"}


def read(*entries: object) -> dict[str, str]:
    keys = read_key_set(json.dumps({"keys": entries}).encode())
    return {id: key.algorithm for id, key in keys.items()}


@pytest.mark.parametrize(
    ("entry", "algorithm"),
    [(RSA, "RS256"), (EC, "ES256"), (ED, "EdDSA"), ({**RSA, "alg": "RS256", "use": "sig"}, "RS256"),
     ({**EC, "key_ops": ["verify"], "x5t": "ignored"}, "ES256")],
    ids=["RSA", "EC", "OKP", "RSA with its algorithm", "EC with its use"],
)  # fmt: skip
def test_a_key_has_the_algorithm_of_the_set_or_of_its_kind(entry: dict[str, Any], algorithm: str) -> None:
    assert read({**entry, "kid": "key"}) == {"key": algorithm}


UNUSABLE: dict[str, object] = {
    "no object": "key",
    "null": None,
    "no kid": EC,
    "an empty kid": {**EC, "kid": ""},
    "a kid that is a number": {**EC, "kid": 7},
    "a kid of 10 kB": {**EC, "kid": "x" * 10_000},
    "no type": {"kid": "key"},
    "a type that is a list": {**EC, "kty": ["EC"], "kid": "key"},
    "a secret": {"kty": "oct", "k": "c2VjcmV0" * 8, "kid": "key"},
    "a secret for HS256": {"kty": "oct", "k": "c2VjcmV0" * 8, "alg": "HS256", "kid": "key"},
    "an RSA key for HS256": {**RSA, "alg": "HS256", "kid": "key"},
    "an RSA key for RS512": {**RSA, "alg": "RS512", "kid": "key"},
    "an RSA key for PS256": {**RSA, "alg": "PS256", "kid": "key"},
    "an RSA key for ES256": {**RSA, "alg": "ES256", "kid": "key"},
    "an EC key for none": {**EC, "alg": "none", "kid": "key"},
    "an EC key for EdDSA": {**EC, "alg": "EdDSA", "kid": "key"},
    "an algorithm that is a list": {**EC, "alg": ["ES256"], "kid": "key"},
    "a weak RSA key": {**WEAK, "kid": "key"},
    "another curve": {**LONG, "kid": "key"},
    "a private key": {**RSAAlgorithm.to_jwk(RSA_KEY, as_dict=True), "kid": "key", "key_ops": ["verify"]},
    "a key for encryption": {**EC, "use": "enc", "kid": "key"},
    "a key that only signs": {**EC, "key_ops": ["sign"], "kid": "key"},
    "operations that are a text": {**EC, "key_ops": "verify", "kid": "key"},
    "numbers that are none": {**EC, "x": 7, "kid": "key"},
    "numbers that are not base64": {**RSA, "n": "§", "kid": "key"},
    "half a point": {name: value for name, value in {**EC, "kid": "key"}.items() if name != "y"},
    "a point that is not on the curve": {**EC, "x": EC["y"], "kid": "key"},
}  # fmt: skip


@pytest.mark.parametrize("entry", UNUSABLE.values(), ids=UNUSABLE)
def test_what_is_not_understood_or_not_safe_is_left_out_and_the_others_count(entry: object) -> None:
    assert read(entry, GOOD) == {"good": "ES256"}


def test_of_two_of_one_name_the_first_counts() -> None:
    assert read({**RSA, "kid": "key"}, {**EC, "kid": "key"}) == {"key": "RS256"}


def test_a_set_may_be_empty() -> None:
    assert read() == {}


@pytest.mark.parametrize(
    "document",
    [b"", b"<html>", b"[]", b"7", b'"keys"', b"{}", b'{"keys":{}}', b'{"keys":null}', b"\xff", b"[" * 100_000,
     json.dumps({"keys": [GOOD] * (MAX_JWKS_KEYS + 1)}).encode(), json.dumps({"keys": [GOOD]}).encode()[:-3]],
    ids=lambda document: repr(document[:12]),
)  # fmt: skip
def test_what_is_no_set_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_key_set(document)
