"""The example of RFC 8291 comes out byte for byte."""

from base64 import urlsafe_b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

from notifications.adapters.push.encryption import MAX_PLAINTEXT, encode_point, encrypt
from notifications.domain.limits import MAX_PUSH
from notifications.domain.push import Subscription


def raw(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


RECEIVER = raw("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4")
SENDER = derive_private_key(int.from_bytes(raw("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), SECP256R1())
SALT = raw("DGv6ra1nlYgDCS1FRnbzlw")
SUBSCRIPTION = Subscription("https://push.example.net/", RECEIVER, raw("BTBZMqHH6r4Tts7J_aSIgg"))


def test_the_example_of_the_rfc() -> None:
    assert encrypt(b"When I grow up, I want to be a watermelon", SUBSCRIPTION, SENDER, SALT) == raw(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
        "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_the_longest_message_fills_what_a_service_has_to_take() -> None:
    assert len(encrypt(bytes(MAX_PLAINTEXT), SUBSCRIPTION, SENDER, SALT)) == MAX_PUSH


def test_a_key_that_is_no_point_of_the_curve_is_refused() -> None:
    off_the_curve = Subscription("https://push.example.net/", b"\x04" + bytes(63) + b"\x01", bytes(16))
    with pytest.raises(ValueError, match="Invalid EC key"):
        encrypt(b"", off_the_curve, SENDER, SALT)


def test_a_point_is_written_uncompressed() -> None:
    assert encode_point(SENDER.public_key())[:1] == b"\x04"
    assert len(encode_point(SENDER.public_key())) == 65
