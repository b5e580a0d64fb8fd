"""Every personal subject is the owner's alone, whatever the names of user and tenant are."""

import re

from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.notification import UserKey
from notifications.domain.subjects import inbox, token

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
TENANTS = st.from_regex(re.compile(r"[a-z0-9-]{1,63}", re.ASCII), fullmatch=True)


@given(NAMES)
def test_a_token_holds_nothing_that_means_something_to_nats(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_%-]+", token(name))


@given(NAMES, NAMES)
def test_different_names_have_different_tokens(one: str, other: str) -> None:
    assert (token(one) == token(other)) == (one == other)


@given(TENANTS, NAMES, TENANTS, NAMES)
def test_no_two_owners_share_a_subject(t1: str, u1: str, t2: str, u2: str) -> None:
    assert (inbox(UserKey(t1, u1)) == inbox(UserKey(t2, u2))) == ((t1, u1) == (t2, u2))


@given(TENANTS, NAMES)
def test_a_subject_has_four_tokens(tenant: str, user: str) -> None:
    assert inbox(UserKey(tenant, user)).count(".") == 3
