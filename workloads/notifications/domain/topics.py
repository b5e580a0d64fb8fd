"""Topics: names of what is said to many, and what the log holds of it. The room `group:7` is the topic `group.7`.

A name is tokens joined by '.'. Within a token '.' and '%' are written `%2E` and `%25`: the room `user:a.b` is the topic
`user.a%2Eb`. Other escapes are read, never written.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from notifications.domain import subjects
from notifications.domain.cursor import Cursor
from notifications.domain.errors import Invalid, TooLarge
from notifications.domain.limits import MAX_ROOM_PARTS, MAX_ROOM_SUBJECT
from notifications.domain.text import check_id, check_text

_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of a tenant, or with wildcards a set of them: `*` stands for a token, `>` at the end for one or more."""

    tenant: str
    tokens: tuple[str, ...]

    @property
    def name(self) -> str:
        """How clients write it."""
        return ".".join(token.replace("%", "%25").replace(".", "%2E") for token in self.tokens)

    @property
    def family(self) -> str:
        """What its rule goes by."""
        return self.tokens[0]

    @property
    def is_exact(self) -> bool:
        """Whether it is one topic."""
        return subjects.WILDCARDS.isdisjoint(self.tokens)

    @property
    def subject(self) -> str:
        """The subject on which its messages are told, which is its identity within a gateway."""
        return subjects.live(self.tenant, self.tokens)


@dataclass(frozen=True, slots=True)
class Entry:
    """A message as the log holds it. `prev` is the number of the one before it on its subject, 0 if there was none.

    `subject` is that of an exact topic. What a page holds says of `prev` only that nothing is missing between the two.
    """

    subject: str
    seq: int
    prev: int
    body: bytes


@dataclass(frozen=True, slots=True)
class LogPage:
    """Entries in order, without holes; all up to `upto` are among them unless `more` follow."""

    entries: tuple[Entry, ...]
    upto: int
    more: bool


@dataclass(frozen=True, slots=True)
class LogEnd:
    """One life of the log, by its epoch, and its numbers: `first` is the oldest kept, `last` 0 before the first one."""

    epoch: int
    first: int
    last: int

    def holds_all_after(self, cursor: Cursor) -> bool:
        """Say whether nothing that was said after a position is lost."""
        return cursor.topics_epoch == self.epoch and self.first - 1 <= cursor.topics_seq <= self.last


def read_topic(tenant: str, text: str) -> Topic:
    """Return the one topic of that name. Raises Invalid or TooLarge for what could never be one."""
    topic = read_pattern(tenant, text)
    if not topic.is_exact:
        raise Invalid("topic must be one topic: the wildcards '*' and '>' are for subscriptions")
    return topic


def read_pattern(tenant: str, text: str) -> Topic:
    """Return the topics of that name, which may have wildcards. Raises Invalid or TooLarge for what could never be."""
    tokens = tuple(map(_read_token, check_text(text, "topic", MAX_ROOM_SUBJECT).split(".")))
    _check_tokens(tokens, "topic", "tokens joined by '.', such as orders.eu; none is empty")
    if subjects.REST in tokens[:-1]:
        raise Invalid("topic has '>' before its end: it stands for all the tokens that follow")
    return Topic(tenant, tokens)


def room_topic(tenant: str, room: str, field: str = "room") -> Topic:
    """Return the topic of a room such as `group:7`. Raises Invalid or TooLarge for what could never be one."""
    parts = tuple(check_id(room, field).split(":"))
    shape = "parts joined by ':', such as group:7; none is empty, '*' or '>'"
    _check_tokens(() if subjects.WILDCARDS.intersection(parts) else parts, field, shape)
    return Topic(tenant, parts)


def read_subject(subject: str) -> Topic:
    """Return the topic whose messages are told on a subject."""
    return Topic(*subjects.read_live(subject))


def covers(wide: Topic, narrow: Topic) -> bool:
    """Say whether `wide` matches whatever `narrow` does."""
    if wide.tenant != narrow.tenant:
        return False
    for place, token in enumerate(wide.tokens):
        if place == len(narrow.tokens):
            return False
        if token == subjects.REST:
            return True
        other = narrow.tokens[place]
        if other == subjects.REST or token not in (subjects.ONE, other):
            return False
    return len(wide.tokens) == len(narrow.tokens)


def matches(pattern: Topic, topic: Topic) -> bool:
    """Say whether an exact topic is, or is among, those of a pattern."""
    return covers(pattern, topic)


def _read_token(written: str) -> str:
    if "%" not in written:
        return written
    if _BROKEN_ESCAPE.search(written):
        raise Invalid("topic has a '%' that begins no escape: '%' itself is written %25, '.' within a token %2E")
    try:
        token = check_text(unquote(written, errors="strict"), "topic", MAX_ROOM_SUBJECT)
    except UnicodeDecodeError:
        raise Invalid("topic has an escape that is no UTF-8") from None
    if token in subjects.WILDCARDS:
        raise Invalid("topic has an escaped wildcard: no token is '*' or '>'")
    return token


def _check_tokens(tokens: Sequence[str], field: str, shape: str) -> None:
    """Refuse what does not fit into a subject."""
    if not 1 <= len(tokens) <= MAX_ROOM_PARTS or not all(tokens):
        raise Invalid(f"{field} must be 1 to {MAX_ROOM_PARTS} {shape}")
    if len(".".join(map(subjects.token, tokens))) > MAX_ROOM_SUBJECT:
        raise TooLarge(f"{field} is longer than {MAX_ROOM_SUBJECT} bytes; all but A-Z a-z 0-9 '_' '-' count 3 a byte")
