"""The body of a poll is checked as a whole before any of its packets is served."""

import pytest

from notifications.adapters.socketio.polling import read_body
from notifications.domain.errors import Invalid, TooLarge

SEPARATOR = "\x1e"
HOSTILE = {
    "nothing": b"",
    "an empty packet": b"4a\x1e",
    "only separators": b"\x1e\x1e",
    "seventeen messages": SEPARATOR.join(["4x"] * 17).encode(),
    "a packet that only servers send": b"0{}",
    "a ping": b"2",
    "an upgrade, which belongs to a websocket": b"5",
    "a packet without meaning": b"6",
    "a packet of an unknown type": b"9x",
    "binary in base64": b"bAQID",
    "bytes": b"\x04\x00\xff",
    "another encoding": "42é".encode("latin-1"),
    "a surrogate in UTF-8": b"42\xed\xa0\x80",
    "a form": b"d=42[]",
    "a deep message": b"4" + b"[" * 1_000,
    "a deep message among others": b"4a\x1e4" + b'{"a":' * 9,
}


@pytest.mark.parametrize(
    "packets", [['42["client:ping"]'], ["3"], ["1"], ["4x"] * 16, ['42["é🎺"]', "3", '41[""]']], ids=repr
)
def test_a_proper_body_is_its_packets(packets: list[str]) -> None:
    assert read_body(SEPARATOR.join(packets).encode()) == packets


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_body_is_invalid(body: bytes) -> None:
    with pytest.raises(Invalid):
        read_body(body)


@pytest.mark.parametrize("body", [b"4" * 16_385, SEPARATOR.join(["4" * 4_096] * 4).encode()], ids=len)
def test_a_body_beyond_the_limit_is_too_large(body: bytes) -> None:
    with pytest.raises(TooLarge):
        read_body(body)
