"""Whose pages may connect: those of the address that they connect to, and those of origins that are named."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origins:
    """Headers are looked up by their names in small letters."""

    named: frozenset[str]

    def allow(self, headers: Mapping[str, str]) -> bool:
        """Whether a request may be served; one without an origin comes from no page."""
        origin = headers.get("origin")
        return not origin or origin in self.named or origin in _same(headers)

    def share(self, headers: Mapping[str, str], method: str) -> dict[str, str]:
        """Return what lets the page read the answer to a request that is allowed."""
        shared = {"Access-Control-Allow-Credentials": "true"}
        if origin := headers.get("origin"):
            shared["Access-Control-Allow-Origin"] = origin
        if method == "OPTIONS":
            shared["Access-Control-Allow-Methods"] = "OPTIONS, GET, POST"
        if asked := headers.get("access-control-request-headers"):
            shared["Access-Control-Allow-Headers"] = asked
        return shared


def _same(headers: Mapping[str, str]) -> set[str]:
    """Return the origins that are the address itself, as the client and as a proxy in front have it."""
    host, scheme = headers.get("host", ""), headers.get("x-forwarded-proto", "http")
    outside = headers.get("x-forwarded-host", host)
    return {f"{scheme}://{host}", f"{_first(scheme)}://{_first(outside)}"}


def _first(listed: str) -> str:
    return listed.split(",")[0].strip()
