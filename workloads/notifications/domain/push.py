"""A push message, and the devices that it can wake."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from notifications.domain.errors import Invalid
from notifications.domain.limits import MAX_COLLAPSE_KEY, MAX_DEVICE_TOKEN, MAX_PUSH_TTL
from notifications.domain.network import check_endpoint
from notifications.domain.notification import UserKey

FCM_TOKEN = re.compile(r"[!-~]+")
APNS_TOKEN = re.compile(r"[0-9a-fA-F]{64,200}")

_PUBLIC_KEY = 65
_AUTH = 16
_UNCOMPRESSED = 4
_COLLAPSE_KEY = re.compile(r"[!-~]+")


class DeviceKind(StrEnum):
    """Whose service wakes the device."""

    FCM = "fcm"
    APNS = "apns"
    WEBPUSH = "webpush"


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser's `PushSubscription` says: where to post, its public key (P-256, uncompressed), a shared secret.

    Raises Invalid.
    """

    endpoint: str = field(repr=False)
    p256dh: bytes = field(repr=False)
    auth: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_endpoint(self.endpoint, "endpoint")
        if len(self.p256dh) != _PUBLIC_KEY or self.p256dh[0] != _UNCOMPRESSED:
            raise Invalid(f"p256dh must be an uncompressed point of P-256: {_PUBLIC_KEY} bytes in base64url")
        if len(self.auth) != _AUTH:
            raise Invalid(f"auth must be {_AUTH} bytes in base64url")


@dataclass(frozen=True, slots=True)
class Device:
    """Something of a user that a push service can wake: by a token, or for browsers by a subscription.

    The id is made for this owner and this target: either of them new, the device has a new id. Raises Invalid.
    """

    id: UUID
    owner: UserKey
    kind: DeviceKind
    target: str | Subscription = field(repr=False)

    def __post_init__(self) -> None:
        match self.kind, self.target:
            case DeviceKind.WEBPUSH, Subscription():
                return
            case DeviceKind.FCM, str(token) if len(token) <= MAX_DEVICE_TOKEN and FCM_TOKEN.fullmatch(token):
                return
            case DeviceKind.APNS, str(token) if APNS_TOKEN.fullmatch(token):
                return
        raise Invalid(f"the token is not one of a device of {self.kind}")


@dataclass(frozen=True, slots=True)
class Push:
    """What a device shows. `ttl` is how many seconds it is worth waiting for a device that is away.

    Of messages with the same collapse key only the newest is shown. Raises Invalid.
    """

    id: UUID
    title: str = field(repr=False)
    body: str = field(repr=False)
    data: Mapping[str, str] = field(default_factory=dict, repr=False)
    ttl: int = MAX_PUSH_TTL
    urgent: bool = False
    collapse_key: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.ttl <= MAX_PUSH_TTL:
            raise Invalid(f"ttl must be 0 to {MAX_PUSH_TTL} seconds")
        key = self.collapse_key
        if key is not None and (len(key) > MAX_COLLAPSE_KEY or not _COLLAPSE_KEY.fullmatch(key)):
            raise Invalid(f"collapseKey must be 1 to {MAX_COLLAPSE_KEY} visible characters of ASCII")
