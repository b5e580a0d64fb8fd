"""HTML of producers is shown without what could harm, and read where only text is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.adapters.templates.content import clean

PIECES = [
    "<b>", "</b>", "<p ", ">", "<script>", "</script>", "<style>", "<img src=x onerror=", "<a href='javascript:", "'>",
    "<!--", "-->", "<svg/onload=", "<math><mtext></form>", "<![CDATA[", "&lt;", "&#x3c;", "\x00", "x", '"', "\n",
]  # fmt: skip


@pytest.mark.parametrize(
    ("markup", "safe"),
    [
        ("<p>Hi <b>you</b></p>", "<p>Hi <b>you</b></p>"),
        ("<script>alert(1)</script>a", "a"),
        ("<img src=https://evil.example/pixel.gif>a", "a"),
        ("<b onclick=alert(1) style='position:fixed' class=x id=y>a</b>", "<b>a</b>"),
        ("<a href='javascript:alert(1)'>a</a>", '<a rel="noopener noreferrer nofollow">a</a>'),
        ("<iframe src=//evil.example></iframe><form><input></form>a", "a"),
        ("<b>never closed", "<b>never closed</b>"),
        ("a < b & c", "a &lt; b &amp; c"),
    ],
)
def test_only_words_and_how_they_stand_are_left(markup: str, safe: str) -> None:
    assert clean(markup).html == safe


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Hi <b>you</b></p><p>and&nbsp;you</p>", "Hi you\nand\xa0you"),
        ("a<br>b<ul><li>1<li>2</ul>", "a\nb1\n2"),
        ('<a href="https://a.example/?x=1&y=2">go</a>', "go (https://a.example/?x=1&y=2)"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("<script>alert(1)</script>", ""),
    ],
)
def test_the_text_is_what_a_reader_would_see(markup: str, text: str) -> None:
    assert clean(markup).text == text


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_however_it_is_put_together_nothing_runs_and_nothing_is_loaded(pieces: list[str]) -> None:
    safe = clean("".join(pieces)).html
    tags = re.findall(r"<(/?[a-z0-9]+)([^>]*)>", safe)
    assert {name.lstrip("/") for name, _ in tags} <= {"a", "b", "p"}
    assert {attributes.strip() for _, attributes in tags} <= {"", 'rel="noopener noreferrer nofollow"'}
    assert clean(safe).html == safe
