"""Whether a kept rendering is the operator's own, as far as that can be told from what it says. Pure.

Whoever may write ControllerRevisions in a namespace can forge one, and would have the operator write what it says. So
it counts only if all that it holds belongs to the one cluster, in that cluster's namespace: nobody gets further than
into the namespace where they may already make pods by other objects of the API group `apps`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from .custom_resource import CustomResource
from .desired import Rendering
from .kinds import is_known, is_owned
from .scalar import ResourceName


class _Owner(msgspec.Struct):
    """What the operator reads of a reference; manifests have more fields, as everything below does."""

    uid: str
    controller: bool = False


class _Metadata(msgspec.Struct):
    name: ResourceName
    namespace: str
    labels: dict[str, str]
    ownerReferences: Annotated[list[_Owner], msgspec.Meta(min_length=1)]
    annotations: dict[str, str] = {}


class _Manifest(msgspec.Struct):
    apiVersion: str
    kind: str
    metadata: _Metadata


def require_own(rendering: Rendering, cluster: CustomResource) -> None:
    """Raise msgspec.ValidationError when it holds an object that is not `cluster`'s or of a kind that none has."""
    setup = [rendering.setup] if rendering.setup else []
    for manifest in (*rendering.base, *setup, *rendering.workloads):
        msgspec.convert(manifest, _Manifest)
        if not is_known(manifest):
            raise msgspec.ValidationError(f"no cluster consists of {manifest['apiVersion']} {manifest['kind']}")
        _require_own_metadata(manifest["metadata"], cluster)
    for secret in rendering.generated:
        msgspec.convert(secret.metadata, _Metadata)
        _require_own_metadata(secret.metadata, cluster)


def _require_own_metadata(metadata: Mapping[str, Any], cluster: CustomResource) -> None:
    if metadata["namespace"] != cluster.key.namespace:
        raise msgspec.ValidationError(f"{metadata['name']} is in the namespace {metadata['namespace']}")
    if not is_owned({"metadata": metadata}, cluster.uid):
        raise msgspec.ValidationError(f"{metadata['name']} belongs to somebody else")
