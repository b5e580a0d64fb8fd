"""A mail that exists can be sent: nothing in it adds a line to a header or to the SMTP dialogue."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.errors import Invalid, TooLarge
from notifications.domain.limits import MAX_MAIL, MAX_SUBJECT
from notifications.domain.mail import Address, Mail, parse_address

BOB = Address("bob", "example.com")
ID = "<1.email@notifications.example>"
breaks = st.sampled_from(["\r", "\n", "\r\n", "\x00", "\x0b", "\x85", "\u2028"])


@pytest.mark.parametrize(
    ("text", "local", "domain", "name"),
    [
        ("bob@example.com", "bob", "example.com", ""),
        ("  Bob Ross <bob+news@example.com> ", "bob+news", "example.com", "Bob Ross"),
        ('"Ross, Bob" <bob@example.com>', "bob", "example.com", "Ross, Bob"),
        ("Jürgen <jürgen@münchen.de>", "jürgen", "münchen.de", "Jürgen"),
        ("संपर्क@डाटामेल.भारत", "संपर्क", "डाटामेल.भारत", ""),
        ("root@localhost", "root", "localhost", ""),
    ],
)
def test_an_address_is_read(text: str, local: str, domain: str, name: str) -> None:
    assert parse_address(text) == Address(local, domain, name)


@pytest.mark.parametrize(
    "text",
    [
        "", "bob", "@example.com", "bob@", "a@b@example.com", "bob@example.com,eve@evil.example", "bob@-example.com",
        "bob @example.com", '"bob smith"@example.com', "bob@[127.0.0.1]", "bob@example..com", ".bob@example.com",
        "bob@example.com\r\nRCPT TO:<eve@evil.example>", "Bob\r\nBcc: eve@evil.example <bob@example.com>",
        "x" * 65 + "@example.com", "bob@" + "a." * 126 + "com", "Bob <bob@example.com> <eve@evil.example>",
    ],
)  # fmt: skip
def test_what_is_not_one_address_is_refused_and_not_told(text: str) -> None:
    with pytest.raises(Invalid, match="mail address") as refusal:
        parse_address(text)
    assert "example" not in str(refusal.value)


@given(st.text(max_size=20), breaks, st.text(max_size=20))
def test_a_line_break_has_no_way_into_a_header(before: str, line_break: str, after: str) -> None:
    hostile = before + line_break + after
    for make in (
        lambda: Mail(ID, BOB, BOB, hostile, "text"),
        lambda: Mail(f"<a{hostile}@example.com>", BOB, BOB, "subject", "text"),
        lambda: Mail(ID, BOB, BOB, "subject", "text", unsubscribe=f"https://example.com/{hostile}"),
        lambda: Address("bob", "example.com", hostile),
        lambda: Address(f"bob{hostile}", "example.com"),
        lambda: Address("bob", f"example{hostile}.com"),
    ):
        with pytest.raises(Invalid):
            make()


def test_a_mail_has_bounds() -> None:
    with pytest.raises(TooLarge, match=f"longer than {MAX_SUBJECT}"):
        Mail(ID, BOB, BOB, "s" * (MAX_SUBJECT + 1), "text")
    with pytest.raises(TooLarge, match=f"longer than {MAX_MAIL}"):
        Mail(ID, BOB, BOB, "subject", "t" * (MAX_MAIL + 1))


def test_unsubscribing_needs_https() -> None:
    with pytest.raises(Invalid, match="unsubscribe must be an https"):
        Mail(ID, BOB, BOB, "subject", "text", unsubscribe="http://example.com/")


def test_a_mail_does_not_show_whom_it_is_for_or_what_it_says() -> None:
    shown = repr(Mail(ID, BOB, BOB, "a subject", "a text", "<p>a text", "https://example.com/token"))
    assert "bob" not in shown
    assert "subject" not in shown
    assert "a text" not in shown
    assert "token" not in shown
