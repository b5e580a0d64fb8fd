"""The demo inbox at `/`, and tokens for its two users. Served only when the configuration says `demo`."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from aiohttp import web

from notifications.domain.principal import WRITE

TENANT = "demo"
USERS = ("alice", "bob")
_TTL = timedelta(hours=1)
_FOLDER = Path(__file__).parent / "demo"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-cache",  # a browser that asks each time never mixes the files of two releases
    "Content-Security-Policy": _POLICY,
}

Mint = Callable[[dict[str, object], timedelta], str]


def demo_routes(mint: Mint) -> list[web.AbstractRouteDef]:
    """Return the page, its files and `/demo/tokens`. The demo users live in a tenant of their own."""

    async def serve_tokens(_: web.Request) -> web.Response:
        claims = {user: {"sub": user, "tenant": TENANT, "scope": WRITE} for user in USERS}
        minted = [{"user": user, "token": mint(dict(claims[user]), _TTL)} for user in USERS]
        return web.json_response({"users": minted})

    return [web.get("/", serve_page), web.get("/demo/tokens", serve_tokens), web.get("/demo/{name}", serve_file)]


async def serve_page(_: web.Request) -> web.FileResponse:
    """Serve the page."""
    return web.FileResponse(_FOLDER / "index.html", headers=_HEADERS)


async def serve_file(request: web.Request) -> web.FileResponse:
    """Serve a file of the page, by a name that lies in its folder and nowhere else."""
    name = request.match_info["name"]
    if name not in {path.name for path in _FOLDER.iterdir()}:
        raise web.HTTPNotFound
    return web.FileResponse(_FOLDER / name, headers=_HEADERS)
