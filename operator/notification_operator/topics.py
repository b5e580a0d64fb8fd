"""Families of topics: what the file says of them, checked, and what the gateways are told. Pure."""

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from .document import Authorizer, TopicFamily
from .errors import InvalidSpec
from .quantity import check_size, count_bytes

ROOMS: Final = ("user", "group", "post", "dm", "admin")
"""The families that are rooms, whose rules are fixed."""
RESERVED: Final = "inbox"

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def derive_topics(topics: Sequence[TopicFamily], authorizer: Authorizer | None) -> tuple[dict[str, Any], ...]:
    """Return `topics` of gateway.json; raise InvalidSpec when fields contradict each other."""
    if len({topic.family for topic in topics}) < len(topics):
        raise InvalidSpec("spec.topics", "must have a different family each")
    if authorizer is None and any(topic.authorize == "authorizer" for topic in topics):
        raise InvalidSpec("spec.auth.authorizer", "must be there for topics that it authorizes")
    return tuple(_derive_topic(f"spec.topics[{number}]", topic) for number, topic in enumerate(topics))


def _derive_topic(field: str, topic: TopicFamily) -> dict[str, Any]:
    if topic.family == RESERVED:
        raise InvalidSpec(field, f"must not have the family {RESERVED}: clients call notifications so")
    if (topic.family in ROOMS) is (topic.authorize is not None):
        raise InvalidSpec(field, f"must have authorize, unless its family is one of: {', '.join(ROOMS)}")
    fields = {
        "family": topic.family,
        "authorize": topic.authorize,
        "maxAgeSeconds": _count_seconds(topic.max_age) if topic.max_age else None,
        "maxBytes": _count_bytes(f"{field}.maxBytes", topic.max_bytes) if topic.max_bytes is not None else None,
        "slowConsumer": topic.slow_consumer,
        "batch": msgspec.to_builtins(topic.batch),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _count_bytes(field: str, quantity: str | int) -> int:
    return count_bytes(check_size(field, quantity))


def _count_seconds(duration: str) -> int:
    number, unit = re.fullmatch(r"([0-9]+)([smhd])", duration).groups()  # type: ignore[union-attr]
    return int(number) * _SECONDS[unit]
