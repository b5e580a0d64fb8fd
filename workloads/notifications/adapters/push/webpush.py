"""Push to browsers: RFC 8030, encrypted by RFC 8291, signed by VAPID (RFC 8292)."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key

from notifications.adapters.push.encryption import MAX_PLAINTEXT, encode_point, encrypt
from notifications.domain.answer import Answer, temporary
from notifications.domain.errors import DeadToken, DeliveryFailed, Rejected
from notifications.domain.network import origin
from notifications.domain.push import Device, Push, Subscription
from notifications.ports.clock import Clock
from notifications.ports.outgoing import Outgoing, Request
from notifications.ports.secret import Secret

# Services refuse more than a day; this leaves room for clocks that differ
_LIFE = timedelta(hours=12)
_GONE = frozenset({404, 410})
_SALT = 16
_TOPIC_BYTES = 24


@dataclass(frozen=True, slots=True)
class WebPushSettings:
    """`contact` is a mailto: or https: address at which a push service reaches whoever runs this."""

    contact: str


class WebPushProvider:
    """Sends to any browser. `outgoing` must keep to public addresses: the endpoints come from clients."""

    def __init__(
        self, settings: WebPushSettings, key: Secret[EllipticCurvePrivateKey], outgoing: Outgoing, clock: Clock
    ) -> None:
        self._settings = settings
        self._key = key
        self._outgoing = outgoing
        self._clock = clock

    async def send(self, push: Push, device: Device) -> str:
        """See `PushProvider`."""
        if not isinstance(device.target, Subscription):
            raise Rejected("the device has no subscription")
        body = _encrypt(_write(push), device.target)
        answer = await self._outgoing.post(Request(device.target.endpoint, self._headers(push, device.target), body))
        if not answer.ok:
            raise self._refusal(answer)
        return ""

    def _headers(self, push: Push, subscription: Subscription) -> dict[str, str]:
        headers = {
            "authorization": self._vapid(subscription.endpoint),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(push.ttl),
            "urgency": "high" if push.urgent else "normal",
        }
        if push.collapse_key is not None:
            headers["topic"] = _topic(push.collapse_key)
        return headers

    def _vapid(self, endpoint: str) -> str:
        key = self._key()
        claims = {"aud": origin(endpoint), "exp": self._clock() + _LIFE, "sub": self._settings.contact}
        return f"vapid t={jwt.encode(claims, key, algorithm='ES256')}, k={_base64(encode_point(key.public_key()))}"

    def _refusal(self, answer: Answer) -> DeliveryFailed:
        if answer.status in _GONE:
            return DeadToken(f"the push service knows the browser no more: {answer.status}")
        if answer.is_overload:
            return temporary(answer, "the push service", self._clock())
        return Rejected(f"the push service refused the message: {answer.status}")


def _encrypt(plaintext: bytes, subscription: Subscription) -> bytes:
    if len(plaintext) > MAX_PLAINTEXT:
        raise Rejected(f"the message is larger than the {MAX_PLAINTEXT} bytes that Web Push takes")
    try:
        return encrypt(plaintext, subscription, generate_private_key(SECP256R1()), secrets.token_bytes(_SALT))
    except ValueError:
        raise DeadToken("the browser's public key is no point of P-256: nothing can be encrypted for it") from None


def _write(push: Push) -> bytes:
    return msgspec.json.encode({"id": str(push.id), "title": push.title, "body": push.body, "data": dict(push.data)})


def _topic(collapse_key: str) -> str:
    """Return the 32 characters of base64url that a service takes for a key of any other form."""
    return _base64(hashlib.sha256(collapse_key.encode()).digest()[:_TOPIC_BYTES])


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
