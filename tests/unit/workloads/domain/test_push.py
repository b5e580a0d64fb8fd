"""A device that exists can be addressed, and does not show its token."""

from uuid import UUID

import pytest

from notifications.domain.errors import Invalid
from notifications.domain.limits import MAX_COLLAPSE_KEY, MAX_DEVICE_TOKEN, MAX_PUSH_TTL
from notifications.domain.notification import UserKey
from notifications.domain.push import Device, DeviceKind, Push, Subscription

BOB = UserKey("acme", "bob")
POINT = b"\x04" + bytes(64)
SUBSCRIPTION = Subscription("https://push.example.com/secret-path", POINT, bytes(16))


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (DeviceKind.FCM, "dGVzdA:APA91bF_x-y"),
        (DeviceKind.APNS, "0123456789abcdef" * 4),
        (DeviceKind.WEBPUSH, SUBSCRIPTION),
    ],
)
def test_a_device_of_each_kind(kind: DeviceKind, target: str | Subscription) -> None:
    device = Device(UUID(int=1), BOB, kind, target)
    assert device.target == target
    assert str(target) not in repr(device)


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (DeviceKind.FCM, SUBSCRIPTION),
        (DeviceKind.WEBPUSH, "token"),
        (DeviceKind.FCM, ""),
        (DeviceKind.FCM, "a b"),
        (DeviceKind.FCM, "t" * (MAX_DEVICE_TOKEN + 1)),
        (DeviceKind.APNS, "../../v1/other"),
        (DeviceKind.APNS, "abcdef"),
    ],
)
def test_a_token_of_another_kind_is_refused(kind: DeviceKind, target: str | Subscription) -> None:
    with pytest.raises(Invalid, match=f"not one of a device of {kind}"):
        Device(UUID(int=1), BOB, kind, target)


def test_a_subscription_needs_https_and_its_keys() -> None:
    with pytest.raises(Invalid, match="https"):
        Subscription("http://push.example.com/", POINT, bytes(16))
    with pytest.raises(Invalid, match="p256dh"):
        Subscription("https://push.example.com/", POINT[:-1], bytes(16))
    with pytest.raises(Invalid, match="p256dh"):
        Subscription("https://push.example.com/", b"\x02" + bytes(64), bytes(16))
    with pytest.raises(Invalid, match="auth"):
        Subscription("https://push.example.com/", POINT, bytes(15))
    assert "secret-path" not in repr(SUBSCRIPTION)


@pytest.mark.parametrize("ttl", [-1, MAX_PUSH_TTL + 1])
def test_a_push_waits_no_longer_than_services_allow(ttl: int) -> None:
    with pytest.raises(Invalid, match="ttl"):
        Push(UUID(int=1), "title", "body", ttl=ttl)


@pytest.mark.parametrize("key", ["", "a b", "a\r\nb", "k" * (MAX_COLLAPSE_KEY + 1), "ü"])
def test_a_collapse_key_fits_into_a_header(key: str) -> None:
    with pytest.raises(Invalid, match="collapseKey"):
        Push(UUID(int=1), "title", "body", collapse_key=key)
