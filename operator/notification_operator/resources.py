"""CPU and memory of a container: what the user gives, completed by defaults so that no request exceeds its limit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from .document import Amounts, Resources
from .errors import InvalidSpec
from .quantity import measure


@dataclass(frozen=True, slots=True)
class ResourcesSpec:
    """Quantities, keyed by `cpu`, `memory` and `ephemeral-storage`."""

    requests: Mapping[str, str]
    limits: Mapping[str, str]


GATEWAY_RESOURCES: Final = ResourcesSpec(
    requests={"cpu": "100m", "memory": "128Mi"}, limits={"cpu": "1", "memory": "1Gi"}
)
WORKER_RESOURCES: Final = ResourcesSpec(
    requests={"cpu": "50m", "memory": "128Mi"}, limits={"cpu": "1", "memory": "512Mi"}
)


def derive_resources(field: str, given: Resources | None, default: ResourcesSpec) -> ResourcesSpec:
    """Return what `given` says, else `default`; raise InvalidSpec when a given request exceeds its given limit."""
    resources = given or Resources()
    requests, limits = _list_amounts(resources.requests), _list_amounts(resources.limits)
    for name in requests.keys() & limits.keys():
        if measure(requests[name]) > measure(limits[name]):
            raise InvalidSpec(f"{field}.requests.{name}", f"must be at most {field}.limits.{name} ({limits[name]})")
    return ResourcesSpec(
        requests={name: _lesser(amount, limits.get(name)) for name, amount in default.requests.items()} | requests,
        limits={name: _greater(amount, requests.get(name)) for name, amount in default.limits.items()} | limits,
    )


def _list_amounts(amounts: Amounts | None) -> dict[str, str]:
    return {name: str(amount) for name, amount in msgspec.to_builtins(amounts or Amounts()).items()}


def _lesser(amount: str, bound: str | None) -> str:
    return min(amount, bound or amount, key=measure)


def _greater(amount: str, bound: str | None) -> str:
    return max(amount, bound or amount, key=measure)
