"""Anybody may send any text; what comes out is a checked packet or Invalid, and nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from socketio import packet

from notifications.adapters.socketio.packets import Event, read_auth, read_event, read_packet
from notifications.domain.errors import Invalid
from notifications.domain.limits import MAX_PACKET

GOOD = [
    '0{"token":"x"}',
    "0",
    "0/,{}",
    "0/other,{}",
    '2["client:ping"]',
    '27["notification:read","01890000-0000-7000-8000-000000000001"]',
    '2/,1["notifications:sync",{"since":"2026-01-01T00:00:00Z","limit":5}]',
    "3[]",
    "1",
]
HEADS = st.sampled_from(["2", "0", "20-", "2/a,", '2/",', "2/[[,", "2/]],", "29", "3", "1", "2/x?y=[,7"])
LETTERS = st.sampled_from([*'0123456789-/,?[]{}":\\x \n\0', "\ud800", "é", "²", "٣", "\x1e", "true", "null", "1e999"])


def read(text: object) -> Event | dict[str, Any] | None:
    """All that the server does with a text before it believes it."""
    decoded = read_packet(text)
    match decoded.packet_type:
        case packet.EVENT:
            return read_event(decoded)
        case packet.CONNECT:
            return read_auth(decoded)
    return None


def judge(text: object) -> None:
    try:
        read(text)
    except Invalid:
        return
    assert isinstance(text, str)
    assert len(text) <= MAX_PACKET
    assert text[0] in "0123"


@given(st.sampled_from(GOOD), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 2), LETTERS), max_size=8))
def test_a_mutated_packet_is_read_or_invalid(text: str, edits: list[tuple[float, int, str]]) -> None:
    for where, cut, put in edits:
        place = int(where * len(text))
        text = text[:place] + put + text[place + cut :]
    judge(text)


@given(st.text() | st.binary() | st.none() | st.integers() | st.lists(st.text()))
def test_anything_at_all_is_read_or_invalid(data: object) -> None:
    judge(data)


@given(HEADS, st.sampled_from(['["x",', "[", '{"a":']), st.integers(1, 3_000))
def test_a_nested_packet_is_invalid_whatever_stands_before_it(head: str, opening: str, levels: int) -> None:
    closing = "]" if "[" in opening else "}"
    text = head + opening * levels + "1" + closing * levels
    if levels > 8:
        with pytest.raises(Invalid):
            read(text)
    else:
        judge(text)


HOSTILE: dict[str, object] = {
    "nothing": None,
    "bytes": b'2["client:ping"]',
    "empty": "",
    "a number": 2,
    "a binary event": '51-["x",{"_placeholder":true,"num":0}]',
    "a binary event without attachments": '50-["x"]',
    "a binary acknowledgement": "61-[]",
    "an event that counts attachments": '21-["x"]',
    "an event that counts ten digits of them": '29999999999-["x"]',
    "an event that counts more": '299999999999-["x"]',
    "a CONNECT_ERROR": '4{"message":"no"}',
    "type 7": "7",
    "type x": "x",
    "a space before": ' 2["x"]',
    "an event without data": "2",
    "an event that is an object": '2{"x":1}',
    "an event that is a string": '2"x"',
    "an event that is empty": "2[]",
    "an event whose name is a number": "2[1]",
    "an event whose name is null": "2[null]",
    "an event whose name is a list": '2[["x"]]',
    "JSON cut short": '2["x"',
    "JSON with more behind it": '2["x"]]',
    "an acknowledgement id of 101 digits": "2" + "1" * 101 + '["x"]',
    "an acknowledgement id of 5,000 digits": "2" + "1" * 5_000 + '["x"]',
    "an acknowledgement id in raised digits": '2²["x"]',
    "a negative acknowledgement id": '2-1["x"]',
    "NaN": '2["x",NaN]',
    "Infinity": '2["x",-Infinity]',
    "1e999": '2["x",1e999]',
    "a number of 5,000 digits": f'2["x",{"9" * 5_000}]',
    "NUL in the name": '2["\\u0000"]',
    "NUL deep down": '2["x",{"a":[{"b":"\\u0000"}]}]',
    "NUL in a key": '2["x",{"\\u0000":1}]',
    "a lone surrogate": '2["x","\\ud800"]',
    "a raw lone surrogate": '2["x","\ud800"]',
    "a raw line break in a string": '2["x","\n"]',
    "another namespace": '2/other,["x"]',
    "leaving another namespace": "1/other,",
    "a namespace without end": "2/" + "a" * 1_000,
    "auth with NUL": '0{"token":"\\u0000"}',
    "auth with a lone surrogate": '0{"cursor":"\\udfff"}',
    "too long": '2["' + "x" * MAX_PACKET + '"]',
    "a binary event in base64": "bAQID",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_packet_is_invalid(data: object) -> None:
    with pytest.raises(Invalid) as refusal:
        read(data)
    assert str(refusal.value).isprintable()


def test_an_event_has_a_name_arguments_and_perhaps_an_acknowledgement() -> None:
    assert read('2["x"]') == Event("x", (), None)
    assert read('20["x",1,[2],{"a":null}]') == Event("x", (1, [2], {"a": None}), 0)
    assert read("2" + "9" * 100 + '["x"]') == Event("x", (), int("9" * 100))


def test_the_longest_packet_is_read() -> None:
    text = json.dumps(["x", "y" * (MAX_PACKET - 10)], separators=(",", ":"))
    assert len(f"2{text}") <= MAX_PACKET
    assert isinstance(read(f"2{text}"), Event)


@pytest.mark.parametrize("text", ["0", "0[]", "0null", '0"token"', "07", "0[1,2]", "0/other"])
def test_a_connect_without_an_object_brings_no_auth(text: str) -> None:
    assert read(text) == {}


def test_a_connect_names_its_namespace() -> None:
    assert read_packet("0{}").namespace == "/"
    assert read_packet("0/,{}").namespace == "/"
    assert read_packet("0/other?a=b,{}").namespace == "/other"
