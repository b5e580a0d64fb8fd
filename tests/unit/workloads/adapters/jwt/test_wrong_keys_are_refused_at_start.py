"""A key that could verify nothing, or too much, ends the process with one line that names it."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from notifications.adapters.jwt.keys import load_key, load_keys
from notifications.domain.errors import Misconfigured

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey


@dataclass(frozen=True)
class Source:
    id: str
    algorithm: str
    file: str


def public(key: Private) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


RSA = public(rsa.generate_private_key(65537, 2048))
EC = public(ec.generate_private_key(ec.SECP256R1()))
ED25519 = ed25519.Ed25519PrivateKey.generate()

GOOD = {
    "RSA": ("RS256", RSA),
    "EC": ("ES256", EC),
    "Ed25519": ("EdDSA", public(ED25519)),
    "Ed448": ("EdDSA", public(ed448.Ed448PrivateKey.generate())),
    "a secret with a line end": ("HS256", b"s" * 32 + b"\n"),
}
WRONG = {
    "an algorithm we do not offer": ("RS512", RSA),
    "no algorithm": ("none", b""),
    "a short secret": ("HS256", b"s" * 31),
    "an empty secret": ("HS256", b"\n"),
    "not PEM": ("RS256", b"neither PEM nor a key"),
    "an EC key for RS256": ("RS256", EC),
    "an RSA key for ES256": ("ES256", RSA),
    "a key on another curve": ("ES256", public(ec.generate_private_key(ec.SECP384R1()))),
    "a key on a curve nobody knows": ("ES256", EC.replace(b"\n", b"\nMFk", 1)),
    "an RSA key for EdDSA": ("EdDSA", RSA),
    "an RSA key of 1,024 bits": ("RS256", public(rsa.generate_private_key(65537, 1024))),
    "a private key": (
        "EdDSA",
        ED25519.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    ),
}


@pytest.mark.parametrize(("algorithm", "text"), GOOD.values(), ids=GOOD)
def test_a_key_of_the_right_kind_is_loaded(tmp_path: Path, algorithm: str, text: bytes) -> None:
    (tmp_path / "key").write_bytes(text)
    assert load_key("ours", algorithm, tmp_path / "key").algorithm == algorithm


@pytest.mark.parametrize(("algorithm", "text"), WRONG.values(), ids=WRONG)
def test_a_key_of_another_kind_is_refused_by_name(tmp_path: Path, algorithm: str, text: bytes) -> None:
    (tmp_path / "key").write_bytes(text)
    with pytest.raises(Misconfigured, match=r"^auth\.keys\[ours\]\.[^\n]+$") as refusal:
        load_key("ours", algorithm, tmp_path / "key")
    assert not text or text.decode() not in str(refusal.value)


def test_a_key_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"^auth\.keys\[ours\]\.file .*/absent cannot be read: No such file"):
        load_key("ours", "HS256", tmp_path / "absent")


def test_two_keys_of_one_id_are_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"s" * 32)
    with pytest.raises(Misconfigured, match=r"auth\.keys\[ours\] is there 2 times"):
        load_keys([Source("ours", "HS256", str(tmp_path / "key"))] * 2)
