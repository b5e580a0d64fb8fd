"""RFC 6455 on the bytes: whatever a client may send is read, whatever it may not has the close code that tells so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.adapters.socketio import frames
from notifications.adapters.socketio.frames import FrameReader, payload_of
from notifications.domain.errors import BrokenFrame
from tests.support.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame

LIMIT = 16 * 1024
MASKS = st.binary(min_size=4, max_size=4)
MESSAGES = st.tuples(st.sampled_from([TEXT, BINARY]), st.lists(st.binary(max_size=400), min_size=1, max_size=4))
CONTROLS = st.tuples(st.sampled_from([PING, PONG, CLOSE]), st.binary(max_size=125))


def masked(opcode: int, payload: bytes, fin: bool, mask: bytes) -> bytes:
    plain = frame(opcode, b"", fin=0x80 if fin else 0)[:1] + frame(opcode, payload)[1:]
    head = plain[: len(plain) - len(payload) - 4]
    return head + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))


def read(*pieces: bytes) -> list[tuple[int, bytes]]:
    reader = FrameReader(LIMIT)
    return [found for piece in pieces for found in reader.feed(piece)]


@given(st.lists(st.tuples(MESSAGES, CONTROLS), max_size=5), MASKS, st.lists(st.integers(1, 60), max_size=40))
def test_messages_in_parts_are_read_whole_from_pieces_of_any_size(
    sent: list[tuple[tuple[int, list[bytes]], tuple[int, bytes]]], mask: bytes, sizes: list[int]
) -> None:
    wire, expected = b"", []
    for (opcode, parts), (control, payload) in sent:
        for number, part in enumerate(parts):
            is_last = number == len(parts) - 1
            if is_last:  # amid a message, if it has several parts
                wire += masked(control, payload, True, mask)
                expected.append((control, payload))
            wire += masked(opcode if number == 0 else CONTINUATION, part, is_last, mask)
        expected.append((opcode, b"".join(parts)))
    pieces = []
    for size in sizes:
        pieces.append(wire[:size])
        wire = wire[size:]
    assert read(*pieces, wire) == expected


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, LIMIT])
def test_a_message_of_each_kind_of_length_is_read(size: int) -> None:
    assert read(frame(TEXT, b"x" * size)) == [(TEXT, b"x" * size)]


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_what_is_written_says_its_length_in_the_fewest_bytes(size: int) -> None:
    payload = b"x" * size
    assert frames.frame(payload) == frame(TEXT, payload, mask=0)
    assert payload_of(frames.frame(payload)) == payload


BROKEN: dict[str, tuple[bytes, int]] = {
    "without a mask": (frame(TEXT, b"3", mask=0), 1002),
    "with a reserved bit": (frame(TEXT, b"3", reserved=0x10), 1002),
    "compressed, though nobody agreed": (frame(TEXT, b"3", reserved=0x40), 1002),
    "of opcode 3": (frame(3, b""), 1002),
    "of opcode 15": (frame(15, b""), 1002),
    "that continues nothing": (frame(CONTINUATION, b"x"), 1002),
    "that begins amid a message": (frame(TEXT, b"4", fin=0) + frame(TEXT, b"x"), 1002),
    "a ping in parts": (frame(PING, b"x", fin=0), 1002),
    "a ping of 126 bytes": (frame(PING, b"x" * 126), 1002),
    "a length in two bytes that fits in one": (b"\x81\xfe\x00\x7d" + bytes(4), 1002),
    "a length in eight bytes that fits in two": (b"\x81\xff" + (0xFFFF).to_bytes(8, "big") + bytes(4), 1002),
    "a length of 2^63": (b"\x81\xff" + (2**63).to_bytes(8, "big") + bytes(4), 1002),
    "a length of 2^62": (b"\x81\xff" + (2**62).to_bytes(8, "big") + bytes(4), 1009),
    "a message beyond the limit": (frame(TEXT, b"x" * (LIMIT + 1))[:8], 1009),
    "a message that grows beyond it": (
        frame(TEXT, b"x" * LIMIT, fin=0) + frame(CONTINUATION, b"", fin=0) + frame(CONTINUATION, b"x")[:6],
        1009,
    ),
}


@pytest.mark.parametrize(("wire", "code"), BROKEN.values(), ids=BROKEN)
def test_a_frame_that_may_not_be_is_broken_as_soon_as_its_head_is_read(wire: bytes, code: int) -> None:
    with pytest.raises(BrokenFrame) as broken:
        read(frame(PING, b"before"), wire)
    assert broken.value.close_code == code


def test_what_comes_before_a_broken_frame_is_read() -> None:
    found = FrameReader(LIMIT).feed(frame(TEXT, b"good") + frame(TEXT, b"bad", mask=0))
    assert next(found) == (TEXT, b"good")
    with pytest.raises(BrokenFrame):
        next(found)


def test_parts_of_nothing_take_no_memory() -> None:
    reader = FrameReader(LIMIT)
    assert list(reader.feed(frame(TEXT, b"", fin=0) + frame(CONTINUATION, b"", fin=0) * 10_000)) == []
    assert list(reader.feed(frame(CONTINUATION, b"x"))) == [(TEXT, b"x")]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_broken(data: bytes) -> None:
    try:
        found = read(data)
    except BrokenFrame:
        return
    assert sum(len(payload) for _, payload in found) < max(len(data), 1)


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999])
def test_a_farewell_may_have_these_codes(code: int) -> None:
    assert frames.read_farewell(code.to_bytes(2, "big") + "é".encode()) == code
    assert payload_of(frames.farewell(code)) == code.to_bytes(2, "big")


def test_a_farewell_may_have_no_code() -> None:
    assert frames.read_farewell(b"") == 1000


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535])
def test_a_farewell_may_not_have_these(code: int) -> None:
    with pytest.raises(BrokenFrame) as broken:
        frames.read_farewell(code.to_bytes(2, "big"))
    assert broken.value.close_code == 1002


@pytest.mark.parametrize(("payload", "code"), [(b"\x03", 1002), (b"\x03\xe8\xff", 1007)])
def test_a_farewell_is_a_code_and_a_text(payload: bytes, code: int) -> None:
    with pytest.raises(BrokenFrame) as broken:
        frames.read_farewell(payload)
    assert broken.value.close_code == code


@pytest.mark.parametrize("text", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"])
def test_a_text_is_utf_8(text: bytes) -> None:
    with pytest.raises(BrokenFrame) as broken:
        frames.read_text(text)
    assert broken.value.close_code == 1007
