"""What a load generator asks, and how it tells a right answer from a wrong one."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

RECIPIENTS = 10_000
_TEXT = "Ann Example has left a comment under your photograph of the harbour: what a light, and what a day for it! " * 3
_LENGTHS = range(20, 200)


class Placed(msgspec.Struct, rename="camel"):
    """A copy, as the answer to POST shows it."""

    id: str
    recipient_id: str
    seq: int
    state: str


class Accepted(msgspec.Struct):
    """The answer to POST."""

    id: str
    notifications: tuple[Placed]


_accepted = msgspec.json.Decoder(Accepted)


@dataclass(frozen=True, slots=True)
class Question:
    """A request as bytes; it may be repeated. `recipient` is who the answer must name."""

    raw: bytes
    recipient: str = ""


class Exchange(Protocol):
    """The two halves of a request."""

    status: int
    """What a right answer has."""

    def prepare(self, count: int) -> None:
        """Make so many requests for later."""
        ...

    def ask(self, connection: int) -> Question:
        """The next request of a connection, never the same twice."""
        ...

    def read(self, question: Question, body: bytes) -> str | None:
        """The id in an answer with the right status, or None for one that is wrong."""
        ...


class Notifications:
    """Each request has a recipient, a text and an Idempotency-Key of its own, and each connection a token."""

    status = 201

    def __init__(self, tokens: Sequence[str]) -> None:
        self._heads = [
            "POST /api/notifications HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {token}\r\n"
            for token in tokens
        ]
        self._random = random.Random()  # seeded by the system: a key seen before would be answered from memory

    def prepare(self, count: int) -> None:
        self._made = [[self._make(head) for _ in range(-(-count // len(self._heads)))] for head in self._heads]

    def ask(self, connection: int) -> Question:
        number = connection % len(self._heads)
        made = self._made[number]
        return made.pop() if made else self._make(self._heads[number])

    def read(self, question: Question, body: bytes) -> str | None:
        (placed,) = _accepted.decode(body).notifications
        right = placed.recipient_id == question.recipient and placed.seq > 0 and placed.state == "queued"
        return placed.id if right else None

    def _make(self, head: str) -> Question:
        chance = self._random.random
        recipient = f"user-{int(chance() * RECIPIENTS)}"
        text = _TEXT[: _LENGTHS[int(chance() * len(_LENGTHS))]]
        key = f"{self._random.getrandbits(128):032x}"
        body = f'{{"recipients":["{recipient}"],"type":"comment","content":"{text}","metadata":{{"key":"{key}"}}}}'
        raw = f"{head}Idempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        return Question(raw.encode(), recipient)


class Hello:
    """The least that a server of the same kind can be asked, for comparison."""

    status = 200

    def prepare(self, count: int) -> None:
        self._question = Question(b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n")

    def ask(self, connection: int) -> Question:
        return self._question

    def read(self, question: Question, body: bytes) -> str | None:
        return "hello" if body == b"hello" else None
