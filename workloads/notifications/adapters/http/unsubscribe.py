"""`/api/unsubscribe`: where the links of mails lead. The token in the link is all the authority that is needed.

GET changes nothing: programs that look for danger in mails follow their links. POST does it, sent by the button of the
page or by a mail program with the one click of RFC 8058; what its body says makes no difference.
"""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Annotated, Final

from aiohttp import web
from msgspec import Meta

from notifications.adapters.http.operation import HTML, Caller, Operation, Parameter
from notifications.app.unsubscribe import unsubscribe
from notifications.domain.errors import Invalid
from notifications.domain.template import DIGEST_PERIODS
from notifications.domain.unsubscribe import PATH, Unsubscription, verify
from notifications.ports.secret import Secret
from notifications.ports.store import PreferenceStore

TOKEN: Final = Parameter("token", Annotated[str, Meta(max_length=1200)], "What the link of a mail ends in.")

_STYLE: Final = """
:root { color-scheme: light dark; font: 18px/1.5 system-ui, sans-serif }
main { max-width: 32rem; margin: 15vh auto 0; padding: 0 1.5rem }
h1 { font-size: 1.5rem; line-height: 1.3; overflow-wrap: anywhere }
button { font: inherit; padding: .6rem 1.2rem; border: 0; border-radius: .4rem; background: #1d4ed8; color: #fff }
button:focus-visible { outline: 3px solid #f59e0b; outline-offset: 2px }
"""
_STYLE_HASH: Final = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body><main><h1>{title}</h1>{body}</main></body>
</html>
"""
_BUTTON: Final = """
<p>Other notifications are not affected. You can change this in your preferences at any time.</p>
<form method="post"><button name="List-Unsubscribe" value="One-Click">Unsubscribe</button></form>
"""
_DONE: Final = "<p>Nothing else has changed. You can turn them on again in your preferences.</p>"
_WRONG: Final = """
<p>Copy the whole link from the mail, or turn off in your preferences what you do not want. Nothing was changed.</p>
"""
_HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True, slots=True)
class UnsubscribeApi:
    """The routes and what they stand on. Without keys no link is good."""

    keys: Secret[Sequence[bytes]] | None
    store: PreferenceStore

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [web.get(PATH, self.ask), web.post(PATH, self.do)]

    @Operation(Caller.ANYBODY, {200: HTML, 404: HTML}, parameters=(TOKEN,))
    async def ask(self, request: web.Request) -> web.Response:
        """Show a page that asks whether to unsubscribe. It changes nothing."""
        wish = self._read(request)
        if wish is None:
            return _refuse()
        return _answer(200, f"Do you want no more {_name(wish)}?", _BUTTON)

    @Operation(Caller.ANYBODY, {200: HTML, 404: HTML}, parameters=(TOKEN,))
    async def do(self, request: web.Request) -> web.Response:
        """Unsubscribe, as the page asks or a mail program by one click (RFC 8058)."""
        wish = self._read(request)
        if wish is None:
            return _refuse()
        await unsubscribe(wish, self.store)
        return _answer(200, f"You get no more {_name(wish)}", _DONE)

    def _read(self, request: web.Request) -> Unsubscription | None:
        if self.keys is None:
            return None
        try:
            return verify(request.query.get("token", ""), self.keys())
        except Invalid:
            return None


def _name(wish: Unsubscription) -> str:
    """Say what stops; not whose it is, since links are passed on with mails."""
    period = DIGEST_PERIODS.get(wish.type)
    return (
        f"{period} summaries by {wish.channel}"
        if period
        else f"notifications of the kind “{wish.type}” by {wish.channel}"
    )


def _refuse() -> web.Response:
    return _answer(404, "This link is not complete", _WRONG)


def _answer(status: int, title: str, body: str) -> web.Response:
    page = _PAGE.format(title=escape(title), style=_STYLE, body=body)
    return web.Response(status=status, text=page, content_type=HTML.type, headers=_HEADERS)
