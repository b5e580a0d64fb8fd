"""What is compared: a system is started on a processor, tells its clients' tokens, and how messages are published."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.bench.native import Way

_MARK = 40
_SIZE = 256
PAYLOAD = '{"mark":"$M","text":"' + "x" * (_SIZE - _MARK - len('{"mark":"","text":""}')) + '"}'
"""The payload of every message, the same 256 bytes for all systems but for the mark."""
SEND = '42["room:send",{"room":"$ROOM","payload":' + PAYLOAD + "}]"

Token = Callable[[str, Sequence[str]], str]
"""Makes a token of a user who is in groups."""


@dataclass(frozen=True, slots=True)
class Running:
    """A system that runs: ports for clients, all its processes, and those of them that hold sockets."""

    ports: tuple[int, ...]
    processes: Mapping[str, int]
    fronts: tuple[int, ...]
    token: Token
    to_room: Way
    to_user: Way


class System(Protocol):
    """One of those that are compared."""

    @property
    def name(self) -> str:
        """How it is called in results."""
        ...

    @property
    def dialect(self) -> str:
        """What its clients speak, as crowd.c knows it."""
        ...

    @property
    def room(self) -> str:
        """What comes before a room's name when it is joined."""
        ...

    @property
    def scenarios(self) -> frozenset[str]:
        """What it can be asked."""
        ...

    def find_missing(self) -> str | None:
        """Return what has to be installed first, None if it can run."""
        ...

    def start(self, folder: Path, scenario: str) -> AbstractAsyncContextManager[Running]:
        """Run it until the end of the context."""
        ...


def write_login(token: str) -> str:
    """Return what a client of Socket.IO says of itself."""
    return json.dumps({"token": token}, separators=(",", ":"))
