"""python-socketio on aiohttp as its documentation sets it up: python -m tests.bench.peers.library PORT KEY ISSUER."""

import asyncio
import itertools
import sys
import time
from collections.abc import Mapping
from typing import Any

import jwt
import socketio
import uvloop
from aiohttp import web

server: Any = socketio.AsyncServer(async_mode="aiohttp", transports=["websocket"], http_compression=False)
numbers = itertools.count(1)
port, key, issuer = sys.argv[1:]


async def connect(sid: str, environ: object, auth: Mapping[str, str]) -> None:
    try:
        claims = jwt.decode(auth["token"], key, ["HS256"], issuer=issuer, audience=issuer)
    except jwt.InvalidTokenError as error:
        raise ConnectionRefusedError("UNAUTHENTICATED") from error
    await server.save_session(sid, claims)
    await server.enter_room(sid, f"user:{claims['sub']}")


async def join(sid: str, room: str) -> dict[str, object]:
    claims = await server.get_session(sid)
    if room not in {f"group:{group}" for group in claims.get("groups", [])}:
        return {"ok": False, "error": {"code": "FORBIDDEN"}}
    await server.enter_room(sid, room)
    return {"ok": True}


async def send(sid: str, said: Mapping[str, object]) -> None:
    claims = await server.get_session(sid)
    message = {
        "id": str(next(numbers)),
        "room": said["room"],
        "from": claims["sub"],
        "payload": said["payload"],
        "timestamp": int(time.time() * 1000),
    }
    await server.emit("room:message", message, room=said["room"])


async def serve() -> None:
    """Serve until killed."""
    for name, handler in (("connect", connect), ("room:join", join), ("room:send", send)):
        server.on(name, handler)
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(port), backlog=1024).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve())
