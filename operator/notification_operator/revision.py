"""The last rendering, kept in the cluster as a ControllerRevision. Pure.

As long as neither spec nor Secrets change, an operator of another version repairs from it instead of rendering anew,
and so restarts nothing. While a setup is due, the rendering of before is kept as well: its workloads still run.
"""

import json
from collections.abc import Iterable
from hashlib import sha256

import msgspec

from . import names
from .custom_resource import CustomResource
from .desired import Inputs, Rendering
from .kinds import CONTROLLER_REVISION, Object, is_owned
from .provenance import require_own


def name_revision(cluster: CustomResource, inputs: Inputs) -> str:
    """Return the name of the rendering for this spec, these versions of Secrets and the marks that a person set."""
    made_of = {"uid": cluster.uid, "spec": cluster.raw["spec"], "secrets": dict(inputs.secret_versions)}
    marks = {"setup": cluster.setup_mark, "render": cluster.render_mark}
    made_of |= {name: mark for name, mark in marks.items() if mark}
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


def choose_previous(revisions: Iterable[Object], setup_hash: str | None) -> Object | None:
    """Return the newest of those that were set up, which is what the workloads that run were made from."""
    set_up = [
        revision for revision in revisions if (revision.get("data") or {}).get("setup_hash") == setup_hash is not None
    ]
    return max(set_up, key=lambda revision: int(revision["revision"]), default=None)


def unpack_revision(revision: Object, cluster: CustomResource) -> Rendering:
    """Return what `revision` keeps; raise msgspec.ValidationError for another form, or what is not `cluster`'s own."""
    if not is_owned(revision, cluster.uid):
        raise msgspec.ValidationError("it belongs to somebody else")
    rendering = msgspec.convert(revision.get("data"), Rendering)
    require_own(rendering, cluster)
    return rendering


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
