"""A request body becomes a message, or a refusal that names the field at fault."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.adapters.http.bodies import NotificationBody, message_of, read_notification
from notifications.domain.errors import Invalid, Refused, TooLarge
from notifications.domain.notification import Actor, Entity, Message, Priority

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GOOD: dict[str, Any] = {"recipients": ["bob"], "type": "like", "content": "Hello"}
FULL: dict[str, Any] = {
    **GOOD,
    "priority": "high",
    "actor": {"id": "alice", "name": "Alice", "avatarUrl": "https://example.com/a.png"},
    "entity": {"type": "post", "id": "7"},
    "metadata": {"a": [1, 2.5, None, True, "é"]},
    "expiresAt": "2026-01-02T00:00:00+02:00",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def read(raw: bytes) -> tuple[NotificationBody, Message]:
    body = read_notification(raw)
    return body, message_of(body, NOW)


def changed(**changes: object) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def without(name: str) -> bytes:
    return json.dumps({key: value for key, value in GOOD.items() if key != name}).encode()


def test_a_full_body_becomes_a_message() -> None:
    body, message = read(json.dumps(FULL).encode())
    assert body.recipients == ["bob"]
    assert message == Message(
        type="like",
        content="Hello",
        priority=Priority.HIGH,
        actor=Actor("alice", "Alice", "https://example.com/a.png"),
        entity=Entity("post", "7"),
        metadata='{"a":[1,2.5,null,true,"é"]}',
        expires_at=datetime(2026, 1, 1, 22, tzinfo=UTC),
    )


def test_a_short_body_has_defaults() -> None:
    _, message = read(json.dumps(GOOD).encode())
    assert message == Message("like", "Hello", Priority.NORMAL)


REFUSED: dict[str, tuple[bytes, str]] = {
    "no recipients": (without("recipients"), "recipients"),
    "no recipient": (changed(recipients=[]), "recipients"),
    "1,001 recipients": (changed(recipients=[str(n) for n in range(1_001)]), "recipients"),
    "recipients a string": (changed(recipients="bob"), "recipients"),
    "recipients null": (changed(recipients=None), "recipients"),
    "recipients and a room": (changed(room="group:7"), "recipients or a room"),
    "a room that is empty": (changed(recipients=None, room=""), "room"),
    "a room that is a number": (changed(recipients=None, room=7), "room"),
    "a room that is a pattern": (changed(recipients=None, room="group:*"), "room"),
    "a recipient that is a number": (changed(recipients=["bob", 1]), "recipients"),
    "a recipient that is empty": (changed(recipients=["bob", ""]), "recipients"),
    "a recipient with NUL": (changed(recipients=["b\0b"]), "recipients"),
    "no type": (without("type"), "type"),
    "type empty": (changed(type=""), "type"),
    "type with a space": (changed(type="a b"), "type"),
    "type in upper case": (changed(type="Like"), "type"),
    "type of 51 letters": (changed(type="a" * 51), "type"),
    "type a number": (changed(type=1), "type"),
    "no content": (without("content"), "content"),
    "content a list": (changed(content=["Hello"]), "content"),
    "content with NUL": (changed(content="a\0"), "content"),
    "priority unknown": (changed(priority="urgent"), "priority"),
    "priority a number": (changed(priority=1), "priority"),
    "priority null": (changed(priority=None), "priority"),
    "actor a string": (changed(actor="alice"), "actor"),
    "actor without id": (changed(actor={"name": "Alice"}), "id"),
    "actor with an empty id": (changed(actor={"id": ""}), "actor.id"),
    "actor with NUL in its name": (changed(actor={"id": "a", "name": "\0"}), "actor.name"),
    "actor with NUL in its picture": (changed(actor={"id": "a", "avatarUrl": "\0"}), "actor.avatarUrl"),
    "actor with more": (changed(actor={"id": "a", "email": "a@example.com"}), "email"),
    "entity without type": (changed(entity={"id": "1"}), "type"),
    "entity with a wrong type": (changed(entity={"type": "A B", "id": "1"}), "entity.type"),
    "entity with an empty id": (changed(entity={"type": "post", "id": ""}), "entity.id"),
    "metadata a list": (changed(metadata=[]), "metadata"),
    "metadata a string": (changed(metadata="{}"), "metadata"),
    "metadata with NUL": (changed(metadata={"a": "\0"}), "metadata"),
    "metadata with NUL in a key": (changed(metadata={"\0": 1}), "metadata"),
    "metadata with 1e999": (json.dumps({**GOOD, "metadata": "@"}).replace('"@"', '{"a":1e999}').encode(), "metadata"),
    "expired a second ago": (changed(expiresAt="2025-12-31T23:59:59Z"), "expiresAt"),
    "expiring now": (changed(expiresAt="2026-01-01T00:00:00Z"), "expiresAt"),
    "expiring without a time zone": (changed(expiresAt="2026-01-02T00:00:00"), "expiresAt"),
    "expiring at no date": (changed(expiresAt="tomorrow"), "expiresAt"),
    "expiring at a number": (changed(expiresAt=1_800_000_000), "expiresAt"),
    "expiring after the end of time": (changed(expiresAt="9999-12-31T23:59:59-23:59"), "expiresAt"),
    "expired before its beginning": (changed(expiresAt="0001-01-01T00:00:00+23:59"), "expiresAt"),
    "an unknown field": (changed(recipient="bob"), "recipient"),
    "a field in another spelling": (changed(expires_at="2026-01-02T00:00:00Z"), "expires_at"),
}
TOO_LARGE: dict[str, tuple[bytes, str]] = {
    "a room of 129 letters": (changed(recipients=None, room="b" * 129), "room"),
    "a recipient of 129 letters": (changed(recipients=["b" * 129]), "recipients"),
    "content": (changed(content="x" * (16 * 1024 + 1)), "content"),
    "actor.id": (changed(actor={"id": "a" * 129}), "actor.id"),
    "actor.name": (changed(actor={"id": "a", "name": "a" * 129}), "actor.name"),
    "actor.avatarUrl": (changed(actor={"id": "a", "avatarUrl": "a" * 2_049}), "actor.avatarUrl"),
    "entity.id": (changed(entity={"type": "post", "id": "a" * 129}), "entity.id"),
    "metadata": (changed(metadata={"a": "é" * 8_192}), "metadata"),
}
NOT_JSON = {
    "nothing": b"",
    "a space": b" ",
    "cut short": json.dumps(GOOD).encode()[:-1],
    "more behind it": json.dumps(GOOD).encode() + b"{}",
    "a list": b"[]",
    "null": b"null",
    "a string": b'"x"',
    "a comma too many": b'{"type":"a",}',
    "single quotes": b"{'type':'a'}",
    "NaN": b'{"type":NaN}',
    "a comment": b"/**/{}",
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(GOOD).encode(),
    "UTF-16": json.dumps(GOOD).encode("utf-16"),
    "Latin-1": b'{"recipients":["b"],"type":"like","content":"\xe9"}',
    "a surrogate in UTF-8": b'{"recipients":["b"],"type":"like","content":"\xed\xa0\x80"}',
    "a lone surrogate": b'{"recipients":["b"],"type":"like","content":"\\ud800"}',
    "a surrogate pair the wrong way": b'{"recipients":["b"],"type":"like","content":"\\udc00\\ud800"}',
    "nine levels": b"[" * 9 + b"]" * 9,
    "100,000 levels": b"[" * 100_000,
    "nine levels in a field": changed(metadata={"a": [[[[[[[[1]]]]]]]]}),
}


@pytest.mark.parametrize(("raw", "field"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_names_the_field(raw: bytes, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read(raw)
    assert field in str(refusal.value)


@pytest.mark.parametrize(("raw", "field"), TOO_LARGE.values(), ids=TOO_LARGE)
def test_what_is_too_large_is_named(raw: bytes, field: str) -> None:
    with pytest.raises(TooLarge, match=f"^{field} is l"):
        read(raw)


@pytest.mark.parametrize("raw", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_no_json_object_is_invalid(raw: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        read(raw)
    assert str(refusal.value).isprintable()


@given(st.dictionaries(st.sampled_from(sorted(FULL)), JSON))
def test_a_body_with_any_values_is_read_or_refused(changes: dict[str, Any]) -> None:
    raw = json.dumps({**FULL, **changes}).encode()
    try:
        _, message = read(raw)
    except Refused:
        return
    json.dumps(message.metadata, ensure_ascii=False).encode()
    assert "\0" not in message.content + message.metadata


@given(st.binary() | st.text().map(lambda text: text.encode(errors="replace")))
def test_any_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(Refused):
        read(raw)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200))
def test_any_text_that_can_be_stored_is_content(content: str) -> None:
    _, message = read(changed(content=content))
    assert message.content == content


@pytest.mark.parametrize("offset", [0, -23, 23], ids="UTC{:+}".format)
def test_an_expiry_is_a_moment_in_utc_whatever_zone_it_was_told_in(offset: int) -> None:
    at = NOW + timedelta(days=1)
    told = (at + timedelta(hours=offset)).strftime(f"%Y-%m-%dT%H:%M:%S{'+-'[offset < 0]}{abs(offset):02}:00")
    _, message = read(changed(expiresAt=told))
    assert message.expires_at == at
