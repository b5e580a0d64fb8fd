"""Which template is taken, what it may hold, and what comes of it as a channel can carry it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.errors import Invalid, TooLarge
from notifications.domain.jobs import Channel
from notifications.domain.limits import MAX_MAIL, MAX_PUSH_BODY, MAX_PUSH_TITLE, MAX_SUBJECT, MAX_TEMPLATE
from notifications.domain.mail import check_line
from notifications.domain.template import Template, TemplateName, fit, list_choices

MAIL = TemplateName("like", Channel.EMAIL)
GOOD = {"subject": "s", "text": "t"}


def choices(type_: str, locale: str | None) -> list[tuple[str, str]]:
    return [(name.type, name.locale) for name in list_choices(type_, Channel.EMAIL, locale)]


def test_the_particular_goes_before_the_general() -> None:
    assert choices("like", "pt-BR") == [
        ("like", "pt-br"), ("like", "pt"), ("like", ""), ("*", "pt-br"), ("*", "pt"), ("*", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("locale", "locales"), [("de", ["de", ""]), (None, [""]), ("", [""]), ("zh-Hant-TW", ["zh-hant-tw", "zh", ""])]
)
def test_a_locale_that_says_less_has_fewer_choices(locale: str | None, locales: list[str]) -> None:
    assert choices("like", locale) == [(type_, each) for type_ in ("like", "*") for each in locales]


def test_a_digest_never_takes_a_template_for_single_notifications() -> None:
    assert choices("digest:daily", "de") == [("digest:daily", "de"), ("digest:daily", "")]


@pytest.mark.parametrize(
    "wrong",
    [
        ("Like", Channel.EMAIL, ""), ("", Channel.EMAIL, ""), ("digest:hourly", Channel.EMAIL, ""),
        ("like", Channel.WEBSOCKET, ""), ("like", Channel.WEBHOOK, ""),
        ("like", Channel.EMAIL, "de-AT"), ("like", Channel.EMAIL, "../de"), ("like", Channel.EMAIL, "d"),
    ],
)  # fmt: skip
def test_a_name_that_nothing_would_look_for_is_refused(wrong: tuple[str, Channel, str]) -> None:
    with pytest.raises(Invalid):
        TemplateName(*wrong)


@pytest.mark.parametrize(
    ("channel", "parts", "told"),
    [
        (Channel.EMAIL, {"subject": "s"}, "needs text"),
        (Channel.EMAIL, {"text": "t"}, "needs subject"),
        (Channel.EMAIL, {**GOOD, "title": "t"}, "has no title"),
        (Channel.PUSH, GOOD, "needs body and title"),
        (Channel.EMAIL, {**GOOD, "html": "\0"}, "html contains"),
    ],
)
def test_a_template_has_the_parts_of_its_channel(channel: Channel, parts: dict[str, str], told: str) -> None:
    with pytest.raises(Invalid, match=told):
        Template(TemplateName("like", channel), parts)


def test_a_part_has_a_longest_length() -> None:
    assert len(Template(MAIL, {**GOOD, "html": "x" * MAX_TEMPLATE}).parts["html"]) == MAX_TEMPLATE
    with pytest.raises(TooLarge, match="html"):
        Template(MAIL, {**GOOD, "html": "x" * (MAX_TEMPLATE + 1)})


@given(st.text(max_size=600), st.text(max_size=600))
def test_whatever_comes_of_a_template_lines_are_lines(subject: str, body: str) -> None:
    try:
        mail = fit(Channel.EMAIL, {"subject": subject, "text": body})
        push = fit(Channel.PUSH, {"title": subject, "body": body})
    except Invalid:
        assert set(body) & {"\0", *map(chr, range(0xD800, 0xE000))}
        return
    check_line(mail["subject"], "subject")
    assert mail["subject"].strip()
    assert (len(mail["subject"]) <= MAX_SUBJECT, mail["text"]) == (True, body)
    check_line(push["title"], "title")
    assert push["title"].strip()
    assert len(push["title"]) <= MAX_PUSH_TITLE
    assert len(push["body"]) <= MAX_PUSH_BODY


def test_what_is_cut_shows_it() -> None:
    assert fit(Channel.EMAIL, {"subject": "word " * 100, "text": ""})["subject"].endswith("word…")


@pytest.mark.parametrize("part", ["text", "html"])
def test_a_mail_has_a_longest_length(part: str) -> None:
    made: dict[str, Any] = {**GOOD, part: "x" * (MAX_MAIL + 1)}
    with pytest.raises(TooLarge, match=part):
        fit(Channel.EMAIL, made)
