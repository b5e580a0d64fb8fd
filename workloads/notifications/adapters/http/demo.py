"""The demo inbox at `/`, and tokens for its two users. Served only when the configuration says `demo`."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from aiohttp import web

from notifications.domain.principal import WRITE

TENANT = "demo"
USERS = ("alice", "bob")
_TTL = timedelta(hours=1)
_PAGE = Path(__file__).parent / "demo"
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:"

Mint = Callable[[dict[str, object], timedelta], str]


def demo_routes(mint: Mint) -> list[web.AbstractRouteDef]:
    """Return the page, its files and `/demo/tokens`. The demo users live in a tenant of their own."""

    async def page(_: web.Request) -> web.FileResponse:
        return web.FileResponse(_PAGE / "index.html", headers={"Content-Security-Policy": _POLICY})

    async def tokens(_: web.Request) -> web.Response:
        claims = {user: {"sub": user, "tenant": TENANT, "scope": WRITE} for user in USERS}
        minted = [{"user": user, "token": mint(dict(claims[user]), _TTL)} for user in USERS]
        return web.json_response({"users": minted}, headers={"Cache-Control": "no-store"})

    return [web.get("/", page), web.get("/demo/tokens", tokens), web.static("/demo", _PAGE)]
