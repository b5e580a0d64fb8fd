"""A link does what was signed, for whom it was signed, and nothing else is a link."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.errors import Invalid
from notifications.domain.jobs import Channel
from notifications.domain.notification import UserKey
from notifications.domain.preferences import EVERY_TYPE, Entry, Frequency, Preference, QuietHours
from notifications.domain.unsubscribe import Unsubscription, parse_keys, sign, silence, verify

KEY, OTHER = b"k" * 32, b"o" * 32
WISH = Unsubscription(UserKey("acme", "alice"), "like", Channel.EMAIL)
TOKEN = sign(WISH, [KEY])
ON, OFF = Preference(), Preference(enabled=False)
DAILY, WEEKLY = Preference(frequency=Frequency.DAILY), Preference(frequency=Frequency.WEEKLY)
DIGEST = replace(WISH, type="digest:daily")
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=128)


@given(names)
def test_what_was_signed_is_read(user: str) -> None:
    wish = replace(WISH, owner=UserKey("acme", user))
    token = sign(wish, [KEY])
    assert verify(token, [KEY]) == wish
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_the_longest_wish_fits_into_a_link() -> None:
    wish = Unsubscription(UserKey("t" * 63, "\U0001f600" * 128), "x" * 50, Channel.WEBSOCKET)
    assert verify(sign(wish, [KEY]), [KEY]) == wish


def forge(old: bytes, new: bytes) -> str:
    raw = urlsafe_b64decode(TOKEN + "=" * (-len(TOKEN) % 4))
    assert old in raw
    return urlsafe_b64encode(raw.replace(old, new)).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "token",
    [
        "", "a", "=", TOKEN[:-1], TOKEN[:-4], TOKEN[:21], TOKEN[:22], TOKEN[4:], TOKEN + "AAAA", TOKEN + "=",
        TOKEN * 20, TOKEN.lower(), "é" + TOKEN, " " + TOKEN, TOKEN[:-1] + "!", "A" * 22 + TOKEN[22:], "A" * 22,
        forge(b"alice", b"bobby"), forge(b"acme", b"emca"), forge(b"like", b"love"), forge(b"\0alice", b"a\0lice"),
    ],
)  # fmt: skip
def test_a_token_that_was_cut_or_changed_is_refused(token: str) -> None:
    with pytest.raises(Invalid, match="incomplete"):
        verify(token, [KEY])


def test_a_token_of_somebody_else_is_refused() -> None:
    with pytest.raises(Invalid):
        verify(sign(WISH, [OTHER]), [KEY])


def test_a_new_key_signs_and_an_old_one_still_verifies() -> None:
    keys = parse_keys(OTHER + b"\n" + KEY + b"\n")
    assert verify(TOKEN, keys) == WISH
    assert verify(sign(WISH, keys), [OTHER]) == WISH


@pytest.mark.parametrize("raw", [b"", b"\n", b"short", KEY + b"\nshort"])
def test_a_key_that_is_too_short_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        parse_keys(raw)


def entries(channel: Channel = Channel.EMAIL, **wishes: Preference) -> list[Entry]:
    return [Entry(EVERY_TYPE if name == "every" else name, channel, wish) for name, wish in wishes.items()]


def test_without_any_preference_the_type_is_switched_off() -> None:
    assert silence(WISH, [], []) == entries(like=OFF)


def test_all_but_whether_it_is_enabled_stays() -> None:
    vienna = ZoneInfo("Europe/Vienna")
    full = Preference(True, Frequency.DAILY, QuietHours(time(22), time(6), vienna), vienna)
    off = replace(full, enabled=False)
    assert silence(WISH, entries(like=full, every=ON), entries(like=ON)) == entries(like=off)
    assert silence(WISH, entries(every=full), entries(like=ON)) == entries(like=off)
    assert silence(WISH, [], entries(like=full, every=ON)) == entries(like=off)


def test_what_is_wished_for_other_channels_does_not_matter() -> None:
    assert silence(WISH, entries(Channel.PUSH, like=WEEKLY), []) == entries(like=OFF)
    assert silence(DIGEST, entries(Channel.PUSH, like=DAILY), []) == []


def test_no_more_of_a_digest_switches_off_whatever_goes_into_it() -> None:
    own = entries(like=DAILY, follow=WEEKLY, message=ON)
    assert silence(DIGEST, own, []) == entries(like=replace(DAILY, enabled=False))


def test_no_more_of_a_digest_that_the_tenant_chose_switches_that_off() -> None:
    off = replace(DAILY, enabled=False)
    assert silence(DIGEST, entries(follow=ON), entries(like=DAILY, follow=DAILY, message=ON)) == entries(like=off)


def test_an_own_entry_for_every_type_is_what_counts() -> None:
    assert silence(DIGEST, entries(every=ON), entries(like=DAILY)) == []


def test_what_the_tenant_says_of_single_types_survives_an_own_entry_for_every_type() -> None:
    made = silence(DIGEST, entries(message=ON), entries(every=DAILY, follow=ON, like=WEEKLY))
    by_type = {entry.type: entry.preference for entry in made}
    assert by_type == {EVERY_TYPE: replace(DAILY, enabled=False), "follow": ON, "like": WEEKLY, "message": ON}
