"""What PostgreSQL, JSON and people cannot all hold is refused, and looking at it takes time in step with its length."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.errors import Invalid, TooLarge
from notifications.domain.limits import MAX_DEPTH
from notifications.domain.text import check_depth, check_document, check_id, check_tenant, check_text, check_type

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def depth(value: object) -> int:
    match value:
        case list():
            return 1 + max(map(depth, value), default=0)
        case dict():
            return 1 + max(map(depth, value.values()), default=0)
    return 0


@given(JSON, st.booleans())
def test_the_depth_of_any_json_is_judged_as_a_parser_would(value: object, ascii: bool) -> None:
    raw = json.dumps(value, ensure_ascii=ascii).encode(errors="replace")
    if depth(value) <= MAX_DEPTH:
        assert check_depth(raw) == raw
    else:
        with pytest.raises(Invalid, match="nested deeper than"):
            check_depth(raw)


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'["[",{"b":'])
def test_json_is_refused_from_one_level_too_many_on(opening: bytes) -> None:
    levels = MAX_DEPTH // (opening.count(b"[,") + opening.count(b"{") or 1)
    assert check_depth(opening * (levels if opening != b'["[",{"b":' else levels // 2))
    with pytest.raises(Invalid):
        check_depth(opening * (MAX_DEPTH + 1))


def test_brackets_in_strings_are_no_levels() -> None:
    document = json.dumps(["[[[[[[[[[[[[", '"[[[[[[[[[[\\', "{{{{{{{{{{{{"]).encode()
    assert check_depth(document) == document


@pytest.mark.parametrize(
    "piece",
    [b'"', b'\\"', b'"\\', b"\\", b'\\"[', b'"a', b'"a"', b"[]", b"]", b'"\\u0022', b"\xff", b'""\\'],
    ids=repr,
)
def test_no_text_takes_longer_than_its_length_allows(piece: bytes) -> None:
    """A pattern that looks at an unfinished string anew from each of its quotes takes minutes for this."""
    document = b'"' + piece * (256 * 1024 // len(piece))
    begun = time.process_time()
    assert check_depth(document) == document
    assert time.process_time() - begun < 1.0


@given(JSON)
def test_a_document_is_accepted_exactly_if_it_can_be_stored(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)
    storable = "\\u0000" not in text.replace("\\\\", "") and not any("\ud800" <= letter <= "\udfff" for letter in text)
    if storable:
        check_document(value, "metadata")
    else:
        with pytest.raises(Invalid, match=r"^metadata contains a character"):
            check_document(value, "metadata")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_does_not_know_are_refused_at_any_depth(number: float) -> None:
    with pytest.raises(Invalid, match=r"^metadata contains a number"):
        check_document({"a": [{"b": number}]}, "metadata")


@given(st.text(max_size=40))
def test_text_is_returned_as_it_came_or_refused_by_name(text: str) -> None:
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        with pytest.raises(Invalid, match=r"^content contains a character that cannot be stored"):
            check_text(text, "content", 20)
    elif len(text) > 20:
        with pytest.raises(TooLarge, match=r"^content is longer than 20 characters$"):
            check_text(text, "content", 20)
    else:
        assert check_text(text, "content", 20) is text


def test_an_id_has_1_to_128_characters() -> None:
    assert check_id("é" * 128, "recipients")
    with pytest.raises(Invalid, match=r"^recipients is empty$"):
        check_id("", "recipients")
    with pytest.raises(TooLarge, match=r"^recipients is longer than 128 characters$"):
        check_id("x" * 129, "recipients")


@pytest.mark.parametrize("value", ["a", "order.shipped", "x" * 50, "0-9_z.", "like"])
def test_types_are_short_plain_words(value: str) -> None:
    assert check_type(value, "type") == value


@pytest.mark.parametrize("value", ["", "Like", "a b", "x" * 51, "é", "a\n", "a/b", "a:b", "\u0661"])
def test_other_types_are_refused_by_name(value: str) -> None:
    with pytest.raises(Invalid, match=r"^entity\.type must be"):
        check_type(value, "entity.type")


@pytest.mark.parametrize("value", ["", "A", "a.b", "a*", ">", "a b", "a" * 64, "a\n", "ä", "a_b"])
def test_a_tenant_that_could_not_stand_in_a_subject_is_refused(value: str) -> None:
    assert check_tenant("acme-1") == "acme-1"
    with pytest.raises(Invalid, match=r"^tenant must be"):
        check_tenant(value)
