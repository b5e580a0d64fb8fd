"""Posts notifications until each is accepted, repeating with the same key whatever happened to the request."""

import asyncio
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

_TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass
class Producer:
    """`accepted` maps each recipient to the ids that were answered with 201, by their place in the inbox.

    `pause` is how long each task of `send_all` rests after a notification, in seconds; `fields` each has besides.
    """

    url: str
    token: str
    pause: float = 0.0
    fields: Mapping[str, Any] = field(default_factory=dict)
    accepted: dict[str, dict[int, str]] = field(default_factory=dict)
    postponed: int = 0
    unexpected: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many notifications were accepted."""
        return sum(map(len, self.accepted.values()))

    def has_accepted(self, count: float) -> bool:
        """Whether at least so many were accepted."""
        return self.count >= count

    def last_place(self, recipient: str) -> int:
        """The highest place in the inbox that an accepted notification got; 0 before the first."""
        return max(self.accepted.get(recipient, {0: ""}))

    async def send_all(self, recipients: Iterator[str], session: aiohttp.ClientSession) -> None:
        """Post one notification to each recipient, one after another; several tasks may share the iterator."""
        for recipient in recipients:
            key = str(uuid.uuid4())
            while not await self._send(recipient, key, session):
                self.postponed += 1
                await asyncio.sleep(0.2)
            await asyncio.sleep(self.pause)

    async def _send(self, recipient: str, key: str, session: aiohttp.ClientSession) -> bool:
        body = {"recipients": [recipient], "type": "message", "content": f"for {recipient}: {key}", **self.fields}
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        try:
            async with session.post(
                f"{self.url}/api/notifications", json=body, headers=headers, timeout=_TIMEOUT
            ) as answer:
                return self._judge(recipient, answer.status, await answer.json())
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False

    def _judge(self, recipient: str, status: int, body: Any) -> bool:
        if status == 201:
            (placed,) = body["notifications"]
            self.accepted.setdefault(recipient, {})[placed["seq"]] = placed["id"]
            return True
        if status != 503:
            self.unexpected.append(f"{status} {body}")
        return False
