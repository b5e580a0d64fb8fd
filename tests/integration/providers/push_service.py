"""A push service and the browser behind it: checks VAPID, and decrypts by HMAC and AES alone, as RFC 8291 writes it."""

import hmac
import json
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notifications.domain.push import Subscription
from tests.integration.providers.service import Reply, Seen

CONTACT = "mailto:ops@example.com"
_VAPID = re.compile(r"vapid t=(\S+), k=(\S+)")


@dataclass
class PushService:
    """One browser, which has subscribed for the key of one application server."""

    server_key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    browser_key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    auth: bytes = b"sixteen bytes ok"
    shown: list[dict[str, Any]] = field(default_factory=list)

    def subscribe(self, url: str) -> Subscription:
        """What the browser tells its page."""
        return Subscription(f"{url}/wpush/v2/secret-path", point(self.browser_key), self.auth)

    def verify(self, seen: Seen) -> Reply:
        """Take the message if the server that the browser subscribed for has sent it."""
        if len(seen.body) > 4096:
            return Reply(413)
        if "ttl" not in seen.headers or seen.headers["content-encoding"] != "aes128gcm":
            return Reply(400)
        if not self._is_authorized(seen):
            return Reply(403)
        self.shown.append(json.loads(self._decrypt(seen.body)))
        return Reply(201, b"", {"location": "https://push.example.com/message/1"})

    def _is_authorized(self, seen: Seen) -> bool:
        match = _VAPID.fullmatch(seen.headers["authorization"])
        if match is None or decode(match[2]) != point(self.server_key):
            return False
        audience = f"https://{seen.headers['host']}"
        try:
            claims = jwt.decode(match[1], self.server_key.public_key(), ["ES256"], audience=audience)
        except jwt.PyJWTError:
            return False
        life = datetime.fromtimestamp(claims["exp"], UTC) - datetime.now(UTC)
        return claims["sub"] == CONTACT and life <= timedelta(hours=24)

    def _decrypt(self, body: bytes) -> bytes:
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size
        shared = self.browser_key.exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(SECP256R1(), sender))
        secret = sign(sign(self.auth, shared), b"WebPush: info\x00" + point(self.browser_key) + sender + b"\x01")
        base = sign(salt, secret)
        key = sign(base, b"Content-Encoding: aes128gcm\x00\x01")[:16]
        nonce = sign(base, b"Content-Encoding: nonce\x00\x01")[:12]
        padded = AESGCM(key).decrypt(nonce, record, None)
        plaintext, delimiter, padding = padded.rpartition(b"\x02")
        assert delimiter == b"\x02"
        assert not padding.strip(b"\x00")
        return plaintext


def point(key: EllipticCurvePrivateKey) -> bytes:
    """The public half, as browsers write it."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def sign(key: bytes, data: bytes) -> bytes:
    """One step of HKDF."""
    return hmac.new(key, data, "sha256").digest()


def decode(text: str) -> bytes:
    """Base64url without padding."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
