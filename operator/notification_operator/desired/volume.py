"""The volume of each pod of a StatefulSet, and whether it outlives the cluster."""

from dataclasses import dataclass
from typing import Any, Final

from ..names import Component
from .metadata import Owner

DATA: Final = "data"


@dataclass(frozen=True, slots=True)
class VolumeClaim:
    """`size` is a quantity, `storage_class` is None for the default one; `keep` leaves it when all else is deleted."""

    size: str
    storage_class: str | None
    keep: bool


def render_volume_claim(owner: Owner, component: Component, claim: VolumeClaim) -> dict[str, Any]:
    """Return the template of the claims; with labels that never change, since it cannot be changed."""
    storage_class = {"storageClassName": claim.storage_class} if claim.storage_class else {}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": DATA, "labels": owner.select(component)},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": claim.size}},
            **storage_class,
        },
    }


def render_retention(claim: VolumeClaim) -> dict[str, Any]:
    """Return the policy; fewer pods never lose a volume, since they may return."""
    return {"whenDeleted": "Retain" if claim.keep else "Delete", "whenScaled": "Retain"}
