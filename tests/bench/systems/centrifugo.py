"""Centrifugo, in its JSON protocol, when the variable CENTRIFUGO names its program: it is in no registry."""

import json
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import jwt

from tests.bench.native import Way
from tests.bench.systems.peers import PEERS, launch
from tests.bench.systems.system import PAYLOAD, Running
from tests.support.ports import free_port


class Centrifugo:
    """One process with the memory engine, published to by its HTTP API. Its clients are asked for pings seldom."""

    name = "centrifugo"
    dialect = "centrifugo"
    room = ""
    scenarios = frozenset({"room", "hot-room", "many-rooms", "latency", "connect", "idle"})

    def find_missing(self) -> str | None:
        if program := os.environ.get("CENTRIFUGO"):
            return None if shutil.which(program) else f"CENTRIFUGO names {program}, which is no program"
        return "the variable CENTRIFUGO names no program"

    @asynccontextmanager
    async def start(self, folder: Path, scenario: str) -> AsyncIterator[Running]:
        key, secret, port = secrets.token_urlsafe(32), secrets.token_urlsafe(16), free_port()
        settings = json.loads((PEERS / "centrifugo.json").read_text())
        settings["client"]["token"]["hmac_secret_key"] = key
        settings["http_api"]["key"] = secret
        settings["http_server"] = {"address": "127.0.0.1", "port": port}
        (folder / "centrifugo.json").write_text(json.dumps(settings))

        def token(user: str, groups: Sequence[str]) -> str:
            return jwt.encode({"sub": user, "exp": int(time.time()) + 3600}, key)

        head = ["POST /api/publish HTTP/1.1", "Host: 127.0.0.1", f"X-API-Key: {secret}", ""]
        way = Way("http", (port,), head=r"\r\n".join(head), body=f'{{"channel":"$T","data":{PAYLOAD}}}')
        command = [os.environ["CENTRIFUGO"], "-c", str(folder / "centrifugo.json")]
        process = await launch(command, folder / "centrifugo.log", port)
        try:
            yield Running((port,), {"centrifugo": process.pid}, (process.pid,), token, to_room=way, to_user=way)
        finally:
            process.kill()
            process.wait()
