"""The container images, by the names under which they are built, packed and deployed: the one source of them.

Every reference is fully qualified and has the version as its tag, so that an imported image is never pulled again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from .errors import InvalidSpec

REGISTRY: Final = "ghcr.io/notification-operator"
VERSION: Final = version("notification-operator")

OPERATOR: Final = f"{REGISTRY}/notification-operator:{VERSION}"
WORKLOADS: Final = f"{REGISTRY}/notification-workloads:{VERSION}"
NATS: Final = f"{REGISTRY}/notification-nats:{VERSION}"
POSTGRES: Final = f"{REGISTRY}/notification-postgres:{VERSION}"


@dataclass(frozen=True, slots=True)
class Images:
    """The images of one cluster's pods."""

    workloads: str = WORKLOADS
    nats: str = NATS
    postgres: str = POSTGRES


def require_allowed_image(image: str, prefixes: Sequence[str]) -> None:
    """Raise InvalidSpec unless `image` begins with one of `prefixes`; none at all allow every image."""
    if prefixes and not image.startswith(tuple(prefixes)):
        raise InvalidSpec("spec.image", f"must begin with one of: {', '.join(prefixes)}; the operator allows no other")
