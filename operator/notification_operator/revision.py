"""The last rendering, kept in the cluster as a ControllerRevision. Pure.

As long as neither spec nor Secrets change, an operator of another version repairs from it instead of rendering anew,
and so restarts nothing.
"""

import json
from hashlib import sha256

import msgspec

from . import names
from .custom_resource import CustomResource
from .desired import Inputs, Rendering
from .kinds import CONTROLLER_REVISION, Object


def name_revision(cluster: CustomResource, inputs: Inputs) -> str:
    """Return the name of the rendering for this spec and these versions of Secrets."""
    made_of = {"uid": cluster.uid, "spec": cluster.raw["spec"], "secrets": dict(inputs.secret_versions)}
    digest = sha256(json.dumps(made_of, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    return f"{cluster.key.name}-{digest[:10]}"


def pack_revision(name: str, cluster: CustomResource, rendering: Rendering) -> Object:
    """Return the manifest that keeps `rendering`."""
    return {
        "apiVersion": CONTROLLER_REVISION.api_version,
        "kind": CONTROLLER_REVISION.name,
        "metadata": {
            "name": name,
            "namespace": cluster.key.namespace,
            "labels": {names.INSTANCE_LABEL: cluster.key.name, names.MANAGED_BY_LABEL: names.OPERATOR},
            "ownerReferences": [refer_to_owner(cluster)],
        },
        "revision": cluster.generation,
        "data": msgspec.to_builtins(rendering),
    }


def unpack_revision(revision: Object) -> Rendering:
    """Return the rendering that `revision` keeps; raise msgspec.ValidationError when it has another form."""
    return msgspec.convert(revision["data"], Rendering)


def refer_to_owner(cluster: CustomResource) -> Object:
    """Return the reference by which a child goes when its cluster does."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.KIND,
        "name": cluster.key.name,
        "uid": cluster.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
