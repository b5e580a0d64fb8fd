"""Content in HTML, for the types of notifications that allow it. It is made by producers, of what users wrote."""

import html
import re
from typing import Final

import nh3

from notifications.domain.variables import Content

# Words and how they stand. Nothing that is loaded from elsewhere, sends anything, or draws over what is around it.
_TAGS: Final = {
    "a", "b", "blockquote", "br", "code", "em", "h1", "h2", "h3", "hr", "i", "li", "ol", "p", "pre", "s", "strong",
    "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_SCHEMES: Final = {"http", "https", "mailto"}

_LINK: Final = re.compile(r'<a href="([^"]*)"[^>]*>([^<]*)</a>')
_LINE: Final = re.compile(r"<(?:br|hr|/p|/li|/h[1-3]|/tr|/pre|/blockquote)>")
_EMPTY_LINES: Final = re.compile(r"\s*\n\s*\n\s*")


def clean(markup: str) -> Content:
    """See `Clean`."""
    safe = nh3.clean(
        markup,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return Content(_read_text(safe), safe)


def _read_text(safe: str) -> str:
    """Return the text of cleaned HTML, which is well-formed; links say where they lead."""
    told = _LINE.sub("\n", _LINK.sub(r"\2 (\1)", safe))
    return _EMPTY_LINES.sub("\n\n", html.unescape(nh3.clean(told, tags=set()))).strip()
