"""Everything that one cluster consists of on Kubernetes, in the order in which it is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .generated import GeneratedSecret

Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rendering:
    """First `generated` (created if absent, never changed), then `base`, then `setup`, and last `workloads`.

    `base` are accounts, services, config, NATS and the embedded database. `setup` is a Job that is never applied again
    once `setup_hash` was recorded as done; `workloads`, Deployments and disruption budgets, wait for that. With no
    `setup`, which is so while the cluster hibernates, they wait for nothing.
    """

    generated: tuple[GeneratedSecret, ...]
    base: tuple[Manifest, ...]
    setup: Manifest | None
    setup_hash: str
    workloads: tuple[Manifest, ...]

    @property
    def image(self) -> str | None:
        """The image of the workloads."""
        deployments = (manifest for manifest in self.workloads if manifest["kind"] == "Deployment")
        containers = (each["spec"]["template"]["spec"]["containers"] for each in deployments)
        return next((str(container["image"]) for each in containers for container in each), None)
