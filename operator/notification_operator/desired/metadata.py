"""The metadata that everything of one cluster has in common: its labels, its namespace and its owner."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..names import API_VERSION, KIND, Component, Names, label, select
from .inputs import Inputs


@dataclass(frozen=True, slots=True)
class Owner:
    """The NotificationCluster that owns what is rendered."""

    inputs: Inputs

    @property
    def names(self) -> Names:
        """What its objects are called."""
        return Names(self.inputs.name)

    def select(self, component: Component) -> dict[str, str]:
        """Return the labels that select the pods of a component."""
        return select(self.inputs.name, component)

    def label(self, component: Component) -> dict[str, str]:
        """Return the labels of every object of a component."""
        return label(self.inputs.name, component)

    def describe(self, component: Component, name: str) -> dict[str, Any]:
        """Return the metadata of one object."""
        return {
            "name": name,
            "namespace": self.inputs.namespace,
            "labels": self.label(component),
            "ownerReferences": [self._refer()],
        }

    def _refer(self) -> dict[str, Any]:
        return {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "name": self.inputs.name,
            "uid": self.inputs.uid,
            "controller": True,
            "blockOwnerDeletion": True,
        }


def render_account(owner: Owner, component: Component, name: str) -> dict[str, Any]:
    """Return a ServiceAccount whose pods get no token: none of them talks to the API server."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": owner.describe(component, name),
        "automountServiceAccountToken": False,
    }


def render_config_map(owner: Owner, component: Component, name: str, files: Mapping[str, str]) -> dict[str, Any]:
    """Return a ConfigMap that holds `files`, text by name."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": owner.describe(component, name),
        "data": dict(files),
    }
