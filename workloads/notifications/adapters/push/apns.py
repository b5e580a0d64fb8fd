"""Push by Apple's service over HTTP/2, with provider tokens."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from notifications.domain.answer import Answer, temporary
from notifications.domain.errors import DeadToken, DeliveryFailed, Rejected
from notifications.domain.limits import MAX_PUSH
from notifications.domain.push import Device, Push
from notifications.ports.clock import Clock
from notifications.ports.outgoing import Outgoing, Request
from notifications.ports.secret import Secret

PRODUCTION = "https://api.push.apple.com"
SANDBOX = "https://api.sandbox.push.apple.com"

# Apple refuses tokens older than an hour, and whoever makes more than one in 20 minutes
_RENEW_AFTER = timedelta(minutes=40)
_NOT_BEFORE = timedelta(minutes=20)
_DEAD = frozenset({(410, "Unregistered"), (410, "ExpiredToken"), (400, "BadDeviceToken")})
_EXPIRED = "ExpiredProviderToken"
_ABOUT_THE_MESSAGE = frozenset({400, 413})
_ABOUT_US = frozenset({"BadTopic", "MissingTopic", "TopicDisallowed", "IdleTimeout"})


@dataclass(frozen=True, slots=True)
class ApnsSettings:
    """`key_id` names the key within the team; `topic` is the bundle id of the app; `endpoint` is an origin."""

    team: str
    key_id: str
    topic: str
    endpoint: str = PRODUCTION


class _Refusal(msgspec.Struct, frozen=True):
    reason: Annotated[str, msgspec.Meta(pattern=r"^\w{1,64}$")]


class ProviderToken:
    """The token that says who we are, made anew in time."""

    def __init__(self, settings: ApnsSettings, key: Secret[EllipticCurvePrivateKey]) -> None:
        self._settings = settings
        self._key = key
        self._signed_with: EllipticCurvePrivateKey | None = None
        self._made_at = datetime.min
        self._token = ""

    def get(self, now: datetime) -> str:
        """Return a token that Apple takes at this moment."""
        key = self._key()
        if key is not self._signed_with or now - self._made_at >= _RENEW_AFTER:
            claims = {"iss": self._settings.team, "iat": now}
            self._token = jwt.encode(claims, key, algorithm="ES256", headers={"kid": self._settings.key_id})
            self._signed_with, self._made_at = key, now
        return self._token

    def expire(self, now: datetime) -> None:
        """Make another one next time, unless this one is too young for that."""
        if self._signed_with is not None and now - self._made_at >= _NOT_BEFORE:
            self._signed_with = None


class ApnsProvider:
    """Sends to one app. `outgoing` must speak HTTP/2."""

    def __init__(
        self, settings: ApnsSettings, key: Secret[EllipticCurvePrivateKey], outgoing: Outgoing, clock: Clock
    ) -> None:
        self._settings = settings
        self._token = ProviderToken(settings, key)
        self._outgoing = outgoing
        self._clock = clock

    async def send(self, push: Push, device: Device) -> str:
        """See `PushProvider`."""
        body = _write(push)
        if len(body) > MAX_PUSH:
            raise Rejected(f"the message is larger than the {MAX_PUSH} bytes that APNs takes")
        url = f"{self._settings.endpoint}/3/device/{device.target}"
        answer = await self._outgoing.post(Request(url, self._headers(push), body))
        if not answer.ok:
            raise self._refusal(answer)
        return answer.headers.get("apns-id", "")

    def _headers(self, push: Push) -> dict[str, str]:
        now = self._clock()
        headers = {
            "authorization": f"bearer {self._token.get(now)}",
            "apns-id": str(push.id),
            "apns-topic": self._settings.topic,
            "apns-push-type": "alert",
            "apns-priority": "10" if push.urgent else "5",
            "apns-expiration": str(int(now.timestamp()) + push.ttl if push.ttl else 0),
        }
        if push.collapse_key is not None:
            headers["apns-collapse-id"] = push.collapse_key
        return headers

    def _refusal(self, answer: Answer) -> DeliveryFailed:
        """A verdict on a message or token needs the words of APNs: anything in between may answer a status."""
        try:
            reason = msgspec.json.decode(answer.body, type=_Refusal).reason
        except msgspec.MsgspecError:
            return temporary(answer, "APNs", self._clock())
        if reason == _EXPIRED:
            self._token.expire(self._clock())
        if (answer.status, reason) in _DEAD:
            return DeadToken(f"APNs: {answer.status} {reason}")
        if answer.status in _ABOUT_THE_MESSAGE and reason not in _ABOUT_US:
            return Rejected(f"APNs refused the message: {answer.status} {reason}")
        return temporary(answer, "APNs", self._clock())


def _write(push: Push) -> bytes:
    aps = {"alert": {"title": push.title, "body": push.body}, "sound": "default"}
    return msgspec.json.encode({**push.data, "aps": aps})
