"""A mail server with moods: it refuses for now or for good, hangs up instead of answering, and is away for a while."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"
REFUSES = 0.02
SPURNS = 0.003
HANGS_UP = 0.02


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that the office has, whether or not it said so."""

    recipient: str
    raw: bytes


@dataclass
class PostOffice:
    """Keeps the port that it got when it opened first. `taken` holds mails as they came, repeats included."""

    chance: random.Random
    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    refused: int = 0
    spurned: int = 0
    hung_up: int = 0
    most_connections: int = 0
    _conversations: set["_Conversation"] = field(default_factory=set)
    _listener: asyncio.Server | None = None

    async def open(self) -> None:
        """Take mail."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: _Conversation(self, loop), HOST, self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Take none, and end every connection."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for conversation in tuple(self._conversations):
            conversation.cut()

    def join(self, conversation: "_Conversation") -> None:
        """Count a connection."""
        self._conversations.add(conversation)
        self.most_connections = max(self.most_connections, len(self._conversations))

    def leave(self, conversation: "_Conversation") -> None:
        """Count one less."""
        self._conversations.discard(conversation)

    async def handle_RCPT(
        self, server: "_Conversation", session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        mood = self.chance.random()
        if mood < REFUSES:
            self.refused += 1
            return "451 4.7.1 come back later"
        if mood < REFUSES + SPURNS:
            self.spurned += 1
            return "550 5.1.1 nobody lives there, or so we think today"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: "_Conversation", session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.taken.append(Taken(envelope.rcpt_tos[0], envelope.content))
        if self.chance.random() < HANGS_UP:
            self.hung_up += 1
            server.cut()
        return "250 OK"


class _Conversation(SMTP):
    """One connection."""

    def __init__(self, office: PostOffice, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(office, hostname="post-office.example", loop=loop)
        self._office = office

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._office.join(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._office.leave(self)
        super().connection_lost(error)

    def cut(self) -> None:
        """End it without a word."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
