"""Calls of the JetStream API, and how a stream is made to be as it is configured, whoever else does the same."""

import json
from typing import Any, Final

from notifications.adapters.nats.connection import Connection
from notifications.domain.errors import Unavailable

_NOT_FOUND: Final = 10059
_EXISTS_OTHERWISE: Final = 10058


async def call(connection: Connection, name: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what the server answers, which may be an error. Raises Unavailable if nothing does."""
    answer = await connection.request(f"$JS.API.{name}", json.dumps(body).encode() if body else b"")
    if answer.status:
        raise Unavailable("JetStream does not answer: it is starting, has no leader, or is not enabled")
    fields: dict[str, Any] = json.loads(answer.data)
    return fields


def checked(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer that is no error; raise Unavailable for one that is."""
    if error := answer.get("error"):
        raise Unavailable(f"JetStream refused: {error.get('description', error)}")
    return answer


async def find_stream(connection: Connection, stream: str, asked: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what the server knows of a stream, nothing if there is none; `asked` is what else it shall tell."""
    answer = await call(connection, f"STREAM.INFO.{stream}", asked)
    return {} if _code(answer) == _NOT_FOUND else checked(answer)


async def create_stream(connection: Connection, config: dict[str, Any]) -> bool:
    """Return whether a stream was created: one of its name that is there is left as it is."""
    answer = await call(connection, f"STREAM.CREATE.{config['name']}", config)
    return _code(answer) != _EXISTS_OTHERWISE and bool(checked(answer).get("did_create"))


async def ensure_stream(connection: Connection, config: dict[str, Any]) -> dict[str, Any]:
    """Create or update a stream and return what the server knows of it."""
    answer = await call(connection, f"STREAM.CREATE.{config['name']}", config)
    if _code(answer) == _EXISTS_OTHERWISE:
        answer = await call(connection, f"STREAM.UPDATE.{config['name']}", config)
    return checked(answer)


def nanoseconds(seconds: float) -> int:
    """Return a duration as JetStream writes it."""
    return round(seconds * 1e9)


def _code(answer: dict[str, Any]) -> object:
    return answer.get("error", {}).get("err_code")
