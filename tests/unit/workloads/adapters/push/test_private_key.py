"""Keys are read in the forms in which they are handed out, and others are refused."""

from base64 import urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from notifications.adapters.push.private_key import parse_p256_key, parse_rsa_key, parse_vapid_key

P256 = generate_ec(SECP256R1())
RSA = generate_rsa(65537, 2048)


def pem(key: EllipticCurvePrivateKey | RSAPrivateKey, encryption: KeySerializationEncryption | None = None) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


def test_each_kind_is_read() -> None:
    assert parse_p256_key(pem(P256)).private_numbers() == P256.private_numbers()
    assert parse_rsa_key(pem(RSA)).private_numbers() == RSA.private_numbers()
    assert parse_vapid_key(pem(P256)).private_numbers() == P256.private_numbers()


def test_a_vapid_key_is_read_as_generators_print_it() -> None:
    scalar = P256.private_numbers().private_value.to_bytes(32, "big")
    printed = urlsafe_b64encode(scalar).rstrip(b"=") + b"\n"
    assert parse_vapid_key(printed).private_numbers() == P256.private_numbers()


@pytest.mark.parametrize(
    "raw", [pem(RSA), pem(generate_ec(SECP384R1())), pem(P256, BestAvailableEncryption(b"password")), b"key", b""]
)
def test_another_key_is_refused(raw: bytes) -> None:
    for parse in (parse_p256_key, parse_vapid_key):
        with pytest.raises(ValueError):  # noqa: PT011
            parse(raw)


def test_an_rsa_key_is_no_other() -> None:
    with pytest.raises(ValueError, match="no RSA key"):
        parse_rsa_key(pem(P256))
