"""What a provider does with a request: what it does in earnest, unless a test has planned something else."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

GARBAGE = b"\x00\x17\xff this is no answer\r\n\r\n"
FLOOD_CHUNK = b"x" * 16_384
# Far more than anybody should read
FLOOD_CHUNKS = 2_000


class Mischief(Enum):
    """What servers do that have gone wrong."""

    HANG = "hang"
    DROP = "drop"
    GARBAGE = "garbage"
    FLOOD = "flood"


@dataclass(frozen=True)
class Seen:
    """A request as it came in; header names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """An answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Service:
    """A provider. `verify` answers as it would, refusals included; `planned` goes before, one for each request."""

    verify: Callable[[Seen], Reply]
    planned: list[Reply | Mischief] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    url: str = ""
    flooded: int = 0
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def decide(self, seen: Seen) -> Reply | Mischief:
        """What happens to this request."""
        self.seen.append(seen)
        return self.planned.pop(0) if self.planned else self.verify(seen)


def json_reply(status: int, document: object, **headers: str) -> Reply:
    """An answer in JSON."""
    return Reply(status, json.dumps(document).encode(), {"content-type": "application/json", **headers})
