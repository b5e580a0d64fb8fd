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


def choose_image(asked: str | None, remembered: str | None, default: str, prefixes: Sequence[str]) -> str:
    """Return the workloads' image: the one asked for, else the default of before, else that of today.

    Raise InvalidSpec when the one asked for is not allowed. The default of before, which the status has, is believed
    only when it can have been one.
    """
    if asked:
        require_allowed_image(asked, prefixes)
        return asked
    if remembered and (_name_repository(remembered) == _name_repository(default) or _is_allowed(remembered, prefixes)):
        return remembered
    return default


def require_allowed_image(image: str, prefixes: Sequence[str]) -> None:
    """Raise InvalidSpec unless `image` begins with one of `prefixes`; none at all allow every image."""
    if not _is_allowed(image, prefixes):
        raise InvalidSpec("spec.image", f"must begin with one of: {', '.join(prefixes)}; the operator allows no other")


def _is_allowed(image: str, prefixes: Sequence[str]) -> bool:
    return not prefixes or image.startswith(tuple(prefixes))


def _name_repository(image: str) -> str:
    """Return the reference without digest and tag; a colon before the last slash is a port's."""
    folder, slash, name = image.partition("@")[0].rpartition("/")
    return f"{folder}{slash}{name.partition(':')[0]}"
