"""A private id fits the one user of one tenant that it was made for."""

import pytest

from notifications.domain.notification import UserKey
from notifications.domain.private_id import is_made_for, make_private_id
from notifications.domain.subjects import token

ALICE = UserKey("acme", "alice")
MADE = make_private_id(ALICE, b"n" * 15)


def test_it_fits_whom_it_was_made_for_and_is_a_token_of_a_subject() -> None:
    assert is_made_for(ALICE, MADE)
    assert token(MADE) == MADE
    assert make_private_id(ALICE, b"m" * 15) != MADE


@pytest.mark.parametrize("other", [UserKey("acme", "bob"), UserKey("other", "alice"), UserKey("acm", "ealice")])
def test_it_does_not_fit_anybody_else(other: UserKey) -> None:
    assert not is_made_for(other, MADE)


@pytest.mark.parametrize("junk", ["", "x", MADE[:-1], f"{MADE}x", MADE.swapcase(), "x" * 10_000, "ü" * 36, "\ud800"])
def test_junk_fits_nobody(junk: str) -> None:
    assert not is_made_for(ALICE, junk)
