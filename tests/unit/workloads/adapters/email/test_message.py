"""Mail programs read what was written: text and HTML, any script, and unsubscribing by one click."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.adapters.email.message import write
from notifications.domain.errors import Invalid, Rejected
from notifications.domain.mail import Address, Mail, parse_address

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHOP = Address("no-reply", "shop.example", "Größe & Söhne, Inc.")
BOB = Address("bob", "example.com")
LONG = "<" + "a" * 100 + "@" + "b" * 100 + ".example>"
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=120)


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_mail_has_text_and_html_and_says_that_no_person_wrote_it() -> None:
    mail = Mail("<1@shop.example>", SHOP, BOB, "Grüße aus 東京", "Hällo\n.\nende", "<p>Hällo</p>")
    message = read(write(mail, NOW).content)
    assert message["From"].addresses[0].display_name == "Größe & Söhne, Inc."
    assert message["From"].addresses[0].addr_spec == "no-reply@shop.example"
    assert message["To"] == "bob@example.com"
    assert message["Subject"] == "Grüße aus 東京"
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == "<1@shop.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    assert body(message, "plain") == "Hällo\n.\nende\n"
    assert body(message, "html") == "<p>Hällo</p>\n"


def test_without_html_it_is_text_alone() -> None:
    message = read(write(Mail("<1@shop.example>", SHOP, BOB, "subject", "text"), NOW).content)
    assert message.get_content_type() == "text/plain"
    assert "List-Unsubscribe" not in message


def test_long_ids_and_addresses_to_unsubscribe_stay_as_they_are_on_one_line() -> None:
    url = "https://shop.example/unsubscribe?token=" + "abc_-" * 100
    content = write(Mail(LONG, SHOP, BOB, "subject", "text", unsubscribe=url), NOW).content
    lines = content.split(b"\r\n")
    assert f"Message-ID: {LONG}".encode() in lines
    assert f"List-Unsubscribe: <{url}>".encode() in lines
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines


def test_a_domain_of_another_script_is_written_in_ascii() -> None:
    envelope = write(Mail("<1@shop.example>", SHOP, parse_address("bob@MÜNCHEN.de"), "subject", "text"), NOW)
    assert envelope.recipient == "bob@xn--mnchen-3ya.de"
    assert not envelope.utf8
    assert envelope.content.isascii()


def test_a_mailbox_of_another_script_needs_a_server_that_takes_it() -> None:
    envelope = write(Mail("<1@shop.example>", SHOP, parse_address("jürgen@münchen.de"), "subject", "text"), NOW)
    assert envelope.recipient == "jürgen@xn--mnchen-3ya.de"
    assert envelope.utf8
    assert "To: jürgen@xn--mnchen-3ya.de".encode() in envelope.content.split(b"\r\n")


def test_a_domain_that_dns_cannot_hold_is_refused_and_not_told() -> None:
    with pytest.raises(Rejected, match="none that DNS can hold") as refusal:
        write(Mail("<1@shop.example>", SHOP, parse_address("bob@☕.example"), "subject", "text"), NOW)
    assert "☕" not in str(refusal.value)


@given(WORDS, WORDS, st.text(max_size=300))
def test_whatever_is_said_the_headers_are_those_of_the_mail_and_no_line_is_too_long(
    name: str, subject: str, text: str
) -> None:
    try:
        mail = Mail("<1@shop.example>", Address("a", "shop.example", name), BOB, subject, text, f"<p>{text}</p>")
    except Invalid:
        return
    content = write(mail, NOW).content
    head = content.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0].decode() for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert sorted(names) == [
        "Auto-Submitted", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To",
    ]  # fmt: skip
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert [address.addr_spec for address in read(content)["From"].addresses] == ["a@shop.example"]
