"""The encryption of Web Push: RFC 8291 on top of aes128gcm, RFC 8188.

Forty lines on `cryptography`, which is there for the tokens anyway: http-ece, on which pywebpush builds, has had no
release since 2024 and ships no wheel, and pywebpush brings a second HTTP client. The example of RFC 8291 is among the
tests, and their receiver decrypts by an implementation of its own.
"""

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notifications.domain.limits import MAX_PUSH
from notifications.domain.push import Subscription

_RECORD = 4096
_LAST_RECORD = b"\x02"
_TAG = 16
_HEADER = 16 + 4 + 1 + 65
# A push service has to take messages of MAX_PUSH bytes, all included
MAX_PLAINTEXT = MAX_PUSH - _HEADER - len(_LAST_RECORD) - _TAG


def encrypt(plaintext: bytes, subscription: Subscription, ephemeral: EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """Return the body for a subscription: at most MAX_PLAINTEXT bytes in one record.

    `ephemeral`, on P-256, and `salt`, 16 bytes, must be fresh. Raises ValueError for a public key that is no point of
    the curve.
    """
    receiver = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), subscription.p256dh)
    sender = encode_point(ephemeral.public_key())
    shared = ephemeral.exchange(ECDH(), receiver)
    material = _derive(shared, subscription.auth, b"WebPush: info\0" + subscription.p256dh + sender, 32)
    key = _derive(material, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(material, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + _RECORD.to_bytes(4, "big") + bytes([len(sender)]) + sender
    return header + AESGCM(key).encrypt(nonce, plaintext + _LAST_RECORD, None)


def encode_point(key: EllipticCurvePublicKey) -> bytes:
    """Write a public key as 65 bytes, uncompressed."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derive(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(material)
