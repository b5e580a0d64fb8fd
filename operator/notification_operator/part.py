"""What the mappings of a NotificationCluster file have in common."""

from typing import Any

import msgspec

from .scalar import ResourceName, SecretEntry

Mapping = dict[str, Any]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"):
    """A mapping of the file; a field that is not declared is refused."""


class SecretKeyRef(Part, frozen=True):
    """One entry of a Secret."""

    name: ResourceName
    key: SecretEntry


class SecretRef(Part, frozen=True):
    """A whole Secret."""

    name: ResourceName
