"""The REST interface as a producer or a device uses it."""

from dataclasses import dataclass
from typing import Any

import aiohttp

PATH = "/api/notifications"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `body` is decoded JSON, `raw` the bytes it was decoded from."""

    status: int
    headers: dict[str, str]
    raw: bytes
    body: Any


@dataclass(frozen=True, slots=True)
class Rest:
    """The API at `url` with one token; every request is a connection of its own, so any gateway may answer it."""

    url: str
    token: str

    async def post(self, body: object, key: str | None = None) -> Answer:
        """Send a notification."""
        return await self.request("POST", PATH, json=body, headers={"Idempotency-Key": key} if key else {})

    async def notify(self, *recipients: str, content: str = "Hello", **fields: object) -> list[dict[str, Any]]:
        """Send a notification that has to be accepted and return where its copies stand, in order of recipients."""
        answer = await self.post({"recipients": recipients, "type": "message", "content": content, **fields})
        assert answer.status == 201, answer
        placed: list[dict[str, Any]] = answer.body["notifications"]
        return placed

    async def list(self, **query: object) -> Answer:
        """Read the own inbox."""
        return await self.request("GET", PATH, params={name: str(value) for name, value in query.items()})

    async def read(self, id: str) -> Answer:
        """Mark one as read."""
        return await self.request("PATCH", f"{PATH}/{id}/read")

    async def read_all(self) -> Answer:
        """Mark all as read."""
        return await self.request("POST", f"{PATH}/read-all")

    async def request(self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any) -> Answer:
        """Send any request; a header given here stands before the token's."""
        stated = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(30)) as client,
            client.request(method, self.url + path, headers=stated, **options) as answer,
        ):
            raw = await answer.read()
            decoded = await answer.json(content_type=None) if "json" in answer.content_type else None
            return Answer(answer.status, dict(answer.headers), raw, decoded)
