"""Mails and push messages say what the notification says, and can be sent as they are."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.adapters.email.message import write
from notifications.adapters.memory.templates import MemoryTemplates
from notifications.adapters.templates.built_in import render_built_in
from notifications.adapters.templates.content import clean
from notifications.app.compose import Composer, Letterhead
from notifications.app.phrasing import Bundle, Phrasing
from notifications.app.typeset import Typesetter
from notifications.clock import now
from notifications.domain.errors import Invalid, NotConfigured
from notifications.domain.jobs import Channel
from notifications.domain.limits import MAX_CONTENT, MAX_DIGEST_SHOWN, MAX_PUSH, MAX_PUSH_TTL, MAX_UNSUBSCRIBE
from notifications.domain.mail import Address, Mail, parse_address
from notifications.domain.notification import Actor, Entity, Message, Notification, Priority, UserKey
from notifications.domain.preferences import Frequency
from notifications.domain.template import Parts, Variables
from notifications.domain.unsubscribe import Unsubscription, sign, verify
from notifications.domain.variables import Reader

KEY = b"k" * 32
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
ID = UUID("019b0000-0000-7000-8000-000000000001")
ALICE = UserKey("acme", "alice")
BOB = parse_address("Bob <bob@example.com>")
READER = Reader("Bob", "de-AT")
HELLO = Message("like", "Alice liked your photo")
HOSTILE = '<script>alert(1)</script><img src="https://evil.example/p.gif">"\'{{ 7 * 7 }}{% for %}'
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)


class NoEngine:
    async def render(self, parts: Parts, variables: Variables) -> dict[str, str]:
        raise AssertionError("no tenant has a template here")


def make_link(wish: Unsubscription) -> str:
    return f"https://n.example/api/unsubscribe?token={sign(wish, [KEY])}"


def build(sender: str = "Shop <no-reply@shop.example>", html: str = "html", *, links: bool = True) -> Composer:
    letterhead = Letterhead(parse_address(sender), make_link if links else None)
    typesetter = Typesetter(MemoryTemplates(now), NoEngine(), render_built_in)
    return Composer(typesetter, Phrasing(clean, frozenset({html})), letterhead)


def note(message: Message = HELLO, number: int = 0) -> Notification:
    return Notification(UUID(int=ID.int + number), ALICE, 1, message, AT)


def bundle(count: int = 2, message: Message = HELLO, total: int | None = None) -> Bundle:
    notes = [note(replace(message, content=f"{message.content} {n}"), n) for n in range(count)]
    return Bundle(ID, ALICE, Frequency.DAILY, notes, total or count)


class Page(HTMLParser):
    """What a mail program makes of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def read(mail: Mail) -> Page:
    assert mail.html is not None
    return Page(mail.html)


async def test_a_mail_says_it_in_text_and_in_html() -> None:
    message = replace(HELLO, actor=Actor("a", "Alice Ä"))
    mail = await build().compose_mail(note(message), BOB, READER)

    assert (mail.sender.name, mail.recipient, mail.subject) == ("Shop", BOB, "Alice liked your photo")
    for said in (mail.text, read(mail).text):
        assert re.search(r"Hello\s+Bob.*Alice liked your photo.*From\s+Alice Ä", said, re.DOTALL)
    assert ("lang", "de-AT") in read(mail).attributes


async def test_a_digest_says_it_of_all_and_how_many_there_are() -> None:
    mail = await build().compose_digest_mail(bundle(MAX_DIGEST_SHOWN + 5, total=300), BOB, READER)

    assert mail.subject == "Your daily summary: 300 notifications"
    for said in (mail.text, read(mail).text):
        assert "Alice liked your photo 49" in said
        assert "Alice liked your photo 50" not in said
        assert "and 250 more" in said


async def test_a_digest_of_one_is_one() -> None:
    mail = await build().compose_digest_mail(replace(bundle(1), period=Frequency.WEEKLY), BOB, Reader())
    assert mail.subject == "Your weekly summary: 1 notification"
    assert "Hello" not in mail.text


async def test_a_mail_has_the_same_id_whenever_it_is_composed() -> None:
    mails = [await build().compose_mail(note(), BOB, reader) for reader in (READER, Reader())]
    digest = await build("Shop <no-reply@MÜNCHEN.example>").compose_digest_mail(bundle(), BOB, READER)

    assert {mail.message_id for mail in mails} == {f"<{ID}@shop.example>"}
    assert digest.message_id == f"<{ID}@xn--mnchen-3ya.example>"


@pytest.mark.parametrize("sender", [f"a@{'b' * 60}.{'c' * 60}.example", f"a@{'ü' * 60}.example"])
def test_a_sender_that_no_id_can_name_is_refused_at_the_start(sender: str) -> None:
    with pytest.raises(Invalid, match="the sender's domain"):
        Letterhead(parse_address(sender))


async def test_without_a_sender_there_is_no_mail() -> None:
    composer = replace(build(), letterhead=None)
    with pytest.raises(NotConfigured):
        await composer.compose_mail(note(), BOB, READER)
    assert (await composer.compose_push(note(), READER, AT)).body == "Alice liked your photo"


async def test_a_link_in_header_text_and_html_stops_the_type() -> None:
    mail = await build().compose_mail(note(), BOB, READER)

    assert mail.unsubscribe is not None
    assert mail.unsubscribe in mail.text
    assert ("href", mail.unsubscribe) in read(mail).attributes
    wish = Unsubscription(ALICE, "like", Channel.EMAIL)
    assert verify(mail.unsubscribe.partition("token=")[2], [KEY]) == wish
    lines = write(mail, AT).content.split(b"\r\n")
    assert f"List-Unsubscribe: <{mail.unsubscribe}>".encode() in lines
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines


async def test_the_link_of_a_digest_stops_the_digest() -> None:
    mail = await build().compose_digest_mail(bundle(), BOB, READER)
    assert mail.unsubscribe is not None
    assert verify(mail.unsubscribe.partition("token=")[2], [KEY]).type == "digest:daily"


@pytest.mark.parametrize(
    "message", [Message("security", "x"), Message("system", "x"), Message("like", "x", Priority.CRITICAL)]
)
async def test_what_nobody_can_stop_has_no_link(message: Message) -> None:
    mail = await build().compose_mail(note(message), BOB, READER)
    assert mail.unsubscribe is None
    assert "unsubscribe" not in f"{mail.text}{mail.html}".lower()


async def test_a_link_that_no_header_holds_is_left_out() -> None:
    owner = UserKey("t" * 63, "😀" * 128)
    assert len(make_link(Unsubscription(owner, "like", Channel.EMAIL))) <= MAX_UNSUBSCRIBE
    long = Letterhead(BOB, lambda wish: "https://n.example/" + "x" * MAX_UNSUBSCRIBE)
    assert (await replace(build(), letterhead=long).compose_mail(note(), BOB, READER)).unsubscribe is None
    assert (await build(links=False).compose_mail(note(), BOB, READER)).unsubscribe is None


async def test_content_is_text_wherever_it_is_shown() -> None:
    message = Message("like", HOSTILE, actor=Actor(HOSTILE, HOSTILE[:128]))
    single = await build().compose_mail(note(message), BOB, Reader(HOSTILE[:128]))
    digest = await build().compose_digest_mail(bundle(message=message), BOB, Reader(HOSTILE[:128]))

    for mail in (single, digest):
        page = read(mail)
        assert not {"script", "img"} & set(page.tags)
        assert HOSTILE in page.text
        assert HOSTILE in mail.text
        assert not [value for name, value in page.attributes if name == "src" or name.startswith("on")]


async def test_html_is_shown_where_a_type_allows_it_and_then_without_what_harms() -> None:
    message = Message("html", f"<p>Hi <b>you</b></p>{HOSTILE}")
    mail = await build().compose_mail(note(message), BOB, READER)
    push = await build().compose_push(note(message), READER, AT)

    page = read(mail)
    assert "b" in page.tags
    assert not {"script", "img"} & set(page.tags)
    assert "Hi you" in mail.text
    assert "<" not in mail.text + push.body


async def test_nothing_is_loaded_from_anywhere() -> None:
    for mail in (
        await build().compose_mail(note(), BOB, READER),
        await build().compose_digest_mail(bundle(), BOB, READER),
    ):
        page = read(mail)
        assert not {"img", "link", "script", "iframe", "object", "video"} & set(page.tags)
        assert "url(" not in str(mail.html)
        assert [value for name, value in page.attributes if name == "href"] == [mail.unsubscribe]


@settings(max_examples=30, deadline=None)
@given(words, words, words)
async def test_whatever_is_said_it_can_be_sent(content: str, actor: str, name: str) -> None:
    composer = build()
    for type_ in ("like", "html"):
        message = Message(type_, content, actor=Actor("a", actor[:128]), entity=Entity("post", actor[:128] or "1"))
        reader = Reader(name[:128])
        assert write(await composer.compose_mail(note(message), BOB, reader), AT).content
        assert write(await composer.compose_digest_mail(bundle(message=message), BOB, reader), AT).content
        assert (await composer.compose_push(note(message), reader, AT)).title
        assert (await composer.compose_digest_push(bundle(message=message), reader)).title


async def test_the_longest_content_can_be_sent_on_every_channel() -> None:
    for content in ("<" * MAX_CONTENT, "😀" * MAX_CONTENT, "\n" * (MAX_CONTENT - 1) + "x"):
        message = Message("like", content, actor=Actor("😀" * 128, "😀" * 128), entity=Entity("x" * 50, "😀" * 128))
        await build().compose_mail(note(message), BOB, READER)
        await build().compose_digest_mail(bundle(MAX_DIGEST_SHOWN, message), BOB, READER)
        push = await build().compose_push(note(message), READER, AT)
        said = f"{push.id}{push.title}{push.body}{dict(push.data)}"
        assert len(said.encode()) < MAX_PUSH - 200


async def test_a_push_says_who_did_what_and_about_what() -> None:
    message = replace(HELLO, actor=Actor("a", "Alice"), entity=Entity("photo", "7"), priority=Priority.HIGH)
    push = await build().compose_push(note(message), READER, AT)

    assert (push.id, push.title, push.body, push.urgent) == (ID, "Alice", "Alice liked your photo", True)
    assert push.data == {"notificationId": str(ID), "type": "like", "entityType": "photo", "entityId": "7"}


async def test_a_push_without_an_actor_is_named_by_its_type() -> None:
    push = await build().compose_push(note(Message("order.has_shipped", "On its way")), READER, AT)
    assert (push.title, push.urgent) == ("Order has shipped", False)


@pytest.mark.parametrize(
    ("life", "ttl"),
    [(None, MAX_PUSH_TTL), (timedelta(minutes=1), 60), (-timedelta(minutes=1), 0), (timedelta(365), MAX_PUSH_TTL)],
)
async def test_a_push_waits_for_a_device_until_it_expires(life: timedelta | None, ttl: int) -> None:
    message = replace(HELLO, expires_at=None if life is None else AT + life)
    assert (await build().compose_push(note(message), READER, AT)).ttl == ttl


async def test_the_push_of_a_digest_takes_the_place_of_the_one_before() -> None:
    push = await build().compose_digest_push(bundle(5), READER)
    assert (push.title, push.collapse_key) == ("Your daily summary", "digest-daily")
    assert push.body.splitlines() == ["5 notifications", *(f"Alice liked your photo {n}" for n in range(3))]
    assert push.data == {"digestId": str(ID), "period": "daily"}


async def test_the_address_of_the_reader_is_in_no_template() -> None:
    mail = await build().compose_mail(note(), Address("bob", "secret.example"), READER)
    assert "secret.example" not in f"{mail.subject}{mail.text}{mail.html}"
