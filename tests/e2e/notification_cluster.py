"""A NotificationCluster on a real Kubernetes, as its user sees it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notification_operator.names import INSTANCE_LABEL
from tests.support.kubernetes import Kubernetes
from tests.support.waiting import eventually_sync

# All that is made for a cluster, by the operator or by what it made, but for Events
KINDS = (
    "configmaps",
    "controllerrevisions",
    "deployments",
    "endpointslices",
    "jobs",
    "persistentvolumeclaims",
    "poddisruptionbudgets",
    "pods",
    "replicasets",
    "secrets",
    "serviceaccounts",
    "services",
    "statefulsets",
)
Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NotificationCluster:
    """The NotificationCluster `name` in `namespace`."""

    kubernetes: Kubernetes
    namespace: str
    name: str

    @classmethod
    def in_new_namespace(cls, kubernetes: Kubernetes, namespace: str, name: str) -> "NotificationCluster":
        """Make the namespace, which admits none but restricted pods; the cluster itself is still to be applied.

        One that the last run left is waited for until it is gone.
        """
        read_phase = ("get", "namespace", namespace, "--ignore-not-found", "--output=jsonpath={.status.phase}")
        eventually_sync(
            lambda: kubernetes.kubectl(*read_phase) != "Terminating", within=120, what=f"the end of an old {namespace}"
        )
        kubernetes.make_namespace(namespace)
        return cls(kubernetes, namespace, name)

    def apply(self, file: Path) -> None:
        """Apply a file as a user would."""
        self.kubectl("apply", f"--filename={file}")

    def patch(self, spec: Object) -> None:
        """Change fields of the spec; None removes one."""
        patch = json.dumps({"spec": spec})
        self.kubectl("patch", "notificationcluster", self.name, "--type=merge", f"--patch={patch}")

    def delete(self) -> None:
        """Delete it and wait until it is gone; what it owned follows."""
        self.kubectl("delete", "notificationcluster", self.name)

    def remove_namespace(self) -> None:
        """Remove everything, without waiting."""
        self.kubernetes.kubectl("delete", "namespace", self.namespace, "--wait=false")

    def kubectl(self, *words: str, text: str | None = None) -> str:
        """Run kubectl in its namespace."""
        return self.kubernetes.kubectl(f"--namespace={self.namespace}", *words, text=text)

    def print_token(self, user: str) -> str:
        """A token for `user`, who may also send, as a gateway's pod prints it; of a demo only, which has the key."""
        command = ("notifications", "token", "--sub", user, "--scope", "notifications:write")
        return self.kubectl("exec", f"deployment/{self.name}-gateway", "--", *command).strip()

    def get(self, *words: str) -> Any:
        """What kubectl finds in its namespace."""
        return self.kubernetes.get(*words, f"--namespace={self.namespace}")

    @property
    def resource(self) -> Object:
        """The NotificationCluster as the API server has it."""
        found: Object = self.get("notificationcluster", self.name)
        return found

    @property
    def conditions(self) -> dict[str, Object]:
        """Its conditions by type."""
        found = self.resource.get("status", {}).get("conditions", ())
        return {condition["type"]: condition for condition in found}

    def is_ready(self) -> bool:
        """Whether it is Ready in its present form."""
        ready = self.conditions.get("Ready", {})
        return ready.get("status") == "True" and ready["observedGeneration"] == self.resource["metadata"]["generation"]

    @property
    def objects(self) -> dict[tuple[str, str], Object]:
        """All that carries its label, by kind and name."""
        found = self.get(",".join(KINDS), f"--selector={INSTANCE_LABEL}={self.name}")["items"]
        return {(each["kind"], each["metadata"]["name"]): each for each in found}

    def pods(self, component: str = "") -> list[Object]:
        """The pods of a component, or of all, but for those that are on their way out."""
        chosen = f",app.kubernetes.io/component={component}" if component else ""
        found = self.get("pods", f"--selector={INSTANCE_LABEL}={self.name}{chosen}")["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]
