"""The kinds of objects that the operator reads or writes, as the API server addresses them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from . import names

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """`api_version` is `v1` or `group/v1`; `plural` is the word in the address."""

    api_version: str
    name: str
    plural: str

    @property
    def group(self) -> str:
        """The API group; empty for the core."""
        return self.api_version.rpartition("/")[0]

    @property
    def version(self) -> str:
        """The version within the group."""
        return self.api_version.rpartition("/")[2]

    def locate(self, namespace: str | None, name: str = "") -> str:
        """Return the path of one object, of those of a namespace, or of those of all namespaces."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.api_version}"
        place = f"/namespaces/{namespace}" if namespace else ""
        return f"{root}{place}/{self.plural}" + (f"/{name}" if name else "")


CLUSTER: Final = Kind(names.API_VERSION, names.KIND, names.PLURAL)
CONFIG_MAP: Final = Kind("v1", "ConfigMap", "configmaps")
CONTROLLER_REVISION: Final = Kind("apps/v1", "ControllerRevision", "controllerrevisions")
DEPLOYMENT: Final = Kind("apps/v1", "Deployment", "deployments")
EVENT: Final = Kind("v1", "Event", "events")
JOB: Final = Kind("batch/v1", "Job", "jobs")
LEASE: Final = Kind("coordination.k8s.io/v1", "Lease", "leases")
POD: Final = Kind("v1", "Pod", "pods")
POD_DISRUPTION_BUDGET: Final = Kind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets")
SECRET: Final = Kind("v1", "Secret", "secrets")
SERVICE: Final = Kind("v1", "Service", "services")
SERVICE_ACCOUNT: Final = Kind("v1", "ServiceAccount", "serviceaccounts")
STATEFUL_SET: Final = Kind("apps/v1", "StatefulSet", "statefulsets")

# What a rendering may contain, and what is pruned when a rendering no longer does
CHILDREN: Final = (
    CONFIG_MAP,
    DEPLOYMENT,
    JOB,
    POD_DISRUPTION_BUDGET,
    SERVICE,
    SERVICE_ACCOUNT,
    STATEFUL_SET,
)

_BY_NAME: Final = {(kind.api_version, kind.name): kind for kind in CHILDREN}


def find_kind(manifest: Object) -> Kind:
    """Return the kind of a manifest; KeyError when it is none that a rendering may contain."""
    return _BY_NAME[manifest["apiVersion"], manifest["kind"]]


def is_known(manifest: Object) -> bool:
    """Say whether a rendering may contain an object of this kind."""
    return (manifest["apiVersion"], manifest["kind"]) in _BY_NAME


def describe(manifest: Object) -> str:
    """Return how messages name an object, such as `Deployment demo-gateway`."""
    return f"{manifest['kind']} {manifest['metadata']['name']}"


def is_owned(observed: Object, uid: str) -> bool:
    """Say whether the object with this uid controls `observed`."""
    owners = observed["metadata"].get("ownerReferences", ())
    return any(owner.get("controller") and owner["uid"] == uid for owner in owners)
