"""Requests that leave for servers of others. Providers are told apart by what they say, not by how it is carried."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from notifications.domain.answer import Answer


@dataclass(frozen=True, slots=True)
class Request:
    """A POST. Addresses, headers and bodies hold tokens, so none of them is shown."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Outgoing(Protocol):
    """Posts over verified TLS, within a time, and follows no redirect."""

    async def post(self, request: Request) -> Answer:
        """Return the answer, whatever its status, its body cut off at MAX_ANSWER bytes.

        Raises TemporaryFailure when there is none, and Rejected when the address is out of reach for good.
        """
        ...
