"""An object that the operator has made for a cluster, and what somebody else may do to it."""

import json
from dataclasses import dataclass

from tests.e2e.notification_cluster import NotificationCluster, Object

# What the server counts, and what a controller notes of the changes it has seen
_COUNTED = frozenset({"generation", "managedFields", "resourceVersion"})
_REVISION = "deployment.kubernetes.io/revision"


@dataclass(frozen=True, slots=True)
class Child:
    """The object `kind`/`name` of a cluster, such as `deployment`, `demo-gateway`."""

    cluster: NotificationCluster
    kind: str
    name: str

    @property
    def raw(self) -> Object:
        """The object as it is; empty when there is none."""
        found = self.cluster.kubectl("get", self.kind, self.name, "--ignore-not-found", "--output=json")
        return dict(json.loads(found)) if found else {}

    @property
    def content(self) -> Object:
        """All that somebody has decided: neither its status nor what is counted."""
        raw = self.raw
        metadata = {field: value for field, value in raw["metadata"].items() if field not in _COUNTED}
        noted = {key: value for key, value in metadata.get("annotations", {}).items() if key != _REVISION}
        rest = {field: value for field, value in raw.items() if field not in {"metadata", "status"}}
        return {**rest, "metadata": {**metadata, "annotations": noted}}

    @property
    def uid(self) -> str:
        """Tells it from an earlier one of its name; empty when there is none."""
        return str(self.raw.get("metadata", {}).get("uid", ""))

    def merge(self, changes: Object) -> None:
        """Change fields; None removes one."""
        self.cluster.kubectl("patch", self.kind, self.name, "--type=merge", f"--patch={json.dumps(changes)}")

    def delete(self) -> None:
        """Delete it, without waiting for what follows."""
        self.cluster.kubectl("delete", self.kind, self.name, "--wait=false")
