"""A contact card holds only what can be used, and does not show it."""

import pytest

from notifications.domain.contact import Contact
from notifications.domain.errors import Invalid, Refused, TooLarge
from notifications.domain.limits import MAX_NAME
from notifications.domain.mail import Address

FULL = Contact("bob@example.com", "Bob Müller", "pt-BR", "https://hooks.example.com/secret-path")


def test_mail_goes_to_the_address_under_the_name() -> None:
    assert FULL.address == Address("bob", "example.com", "Bob Müller")
    assert Contact("bob@example.com").address == Address("bob", "example.com")
    assert Contact(name="Bob").address is None


def test_nothing_personal_is_shown() -> None:
    assert all(word not in repr(FULL) for word in ("bob", "Bob", "example", "secret-path"))


@pytest.mark.parametrize("locale", ["de", "pt-BR", "zh-Hant-TW", "de-CH-1996", "gsw"])
def test_a_locale_is_a_language_tag(locale: str) -> None:
    assert Contact(locale=locale).locale == locale


@pytest.mark.parametrize("locale", ["", "d", "de_AT", "de-", "../de", "de\n", "de-" + "a" * 9, "de" + "-aaaaaaaa" * 4])
def test_what_is_no_language_tag_is_refused(locale: str) -> None:
    with pytest.raises(Invalid, match="locale"):
        Contact(locale=locale)


@pytest.mark.parametrize("email", ["", "bob", "@example.com", "bob@", "bob@example.com\r\nBcc: eve@evil.com", "b b@c"])
def test_an_address_that_mail_cannot_go_to_is_refused_and_not_told(email: str) -> None:
    with pytest.raises(Invalid, match="mail address") as refused:
        Contact(email)
    assert not email or email not in str(refused.value)


@pytest.mark.parametrize("email", ["Bob <bob@example.com>", " bob@example.com", "<bob@example.com>"])
def test_an_address_stands_alone(email: str) -> None:
    with pytest.raises(Invalid, match="alone"):
        Contact(email)


@pytest.mark.parametrize("webhook", ["", "http://hooks.example.com/", "https://user:password@hooks.example.com/"])
def test_a_webhook_is_an_https_address_without_credentials(webhook: str) -> None:
    with pytest.raises(Invalid, match="webhook"):
        Contact(webhook=webhook)


@pytest.mark.parametrize(("name", "error"), [("Bob\nBcc:", Invalid), ("B\x00b", Refused), ("B" * 129, TooLarge)])
def test_a_name_is_one_line(name: str, error: type[Refused]) -> None:
    with pytest.raises(error, match="name"):
        Contact(name=name)
    assert Contact(name="B" * MAX_NAME).name
