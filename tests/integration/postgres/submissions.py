"""Submissions for tests that need many, or one at a certain moment."""

import random
from datetime import UTC, datetime

from notifications.domain.ids import RANDOM_BITS, uuid7
from notifications.domain.notification import Message
from notifications.domain.submission import Copy, Submission

TENANT = "acme"
HELLO = Message("greeting", "Hello")
_chance = random.Random(11)


def write_submission(
    *users: str, key: str | None = None, body: bytes = b"{}", at: datetime | None = None
) -> Submission:
    """A submission to `users`, made now or `at` another moment."""
    at = at or datetime.now(UTC)
    request, *copies = (uuid7(at, _chance.getrandbits(RANDOM_BITS)) for _ in range(1 + len(users)))
    placed = tuple(Copy(id, user) for id, user in zip(copies, users, strict=True))
    return Submission(request, TENANT, at, HELLO, placed, body, key)
