"""A cursor comes back as it went out, and nothing else is taken for one."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.cursor import MAX_LENGTH, Cursor, decode, encode
from notifications.domain.errors import Invalid

NUMBERS = st.integers(0, 2**64 - 1)
CURSORS = st.builds(Cursor, NUMBERS, NUMBERS, NUMBERS, NUMBERS)


@given(CURSORS)
def test_a_cursor_comes_back_as_it_went_out(cursor: Cursor) -> None:
    text = encode(cursor)
    assert decode(text) == cursor
    assert len(text) <= MAX_LENGTH
    assert text.replace("-", "").replace("_", "").isalnum()
    assert text.isascii()


@given(CURSORS, CURSORS)
def test_different_cursors_have_different_texts(one: Cursor, other: Cursor) -> None:
    assert (encode(one) == encode(other)) == (one == other)


@given(st.text())
def test_any_text_is_a_cursor_or_invalid(text: str) -> None:
    try:
        cursor = decode(text)
    except Invalid:
        return
    assert encode(cursor) == text


@given(st.binary(max_size=80))
def test_any_bytes_in_base64_are_a_cursor_or_invalid(raw: bytes) -> None:
    text = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    if len(raw) == 33 and raw[0] == 1:
        assert encode(decode(text)) == text
    else:
        with pytest.raises(Invalid):
            decode(text)


@pytest.mark.parametrize(
    "text",
    ["", "=", "AA", "A" * 97, "A" * 10_000, "é" * 44, "\0" * 44, "\ud800", encode(Cursor(1, 1)) + "=" * 8],
    ids=range(9),
)
def test_what_was_cut_padded_or_made_up_is_invalid(text: str) -> None:
    with pytest.raises(Invalid):
        decode(text)


def test_a_cursor_of_another_version_says_so() -> None:
    raw = base64.urlsafe_b64decode(encode(Cursor(1, 2)) + "==")
    with pytest.raises(Invalid, match="version 2"):
        decode(base64.urlsafe_b64encode(b"\x02" + raw[1:]).decode())
