"""Conditions of a status, by the conventions of Kubernetes. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .kinds import Object

Truth = Literal["True", "False", "Unknown"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is so, is not so, or is not known; `reason` is one word in CamelCase."""

    type: str
    status: Truth
    reason: str
    message: str


def write_conditions(
    conditions: Iterable[Condition], previous: Iterable[Object], generation: int, now: datetime
) -> list[Object]:
    """Return them as the status has them; the time of transition is kept while the status stays the same."""
    before = {condition["type"]: condition for condition in previous}
    return [_write(condition, before.get(condition.type), generation, now) for condition in conditions]


def _write(condition: Condition, before: Object | None, generation: int, now: datetime) -> Object:
    stays = before is not None and before["status"] == condition.status
    return {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
        "observedGeneration": generation,
        "lastTransitionTime": before["lastTransitionTime"] if before and stays else f"{now:%Y-%m-%dT%H:%M:%SZ}",
    }
