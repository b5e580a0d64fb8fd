"""Whether the pods of an object are what its spec of now says. Pure."""

from .kinds import Object


def is_seen(observed: Object) -> bool:
    """Say whether what its status says is about its spec of now."""
    return bool(observed.get("status", {}).get("observedGeneration", 0) >= observed["metadata"].get("generation", 0))


def has_rolled_out(deployment: Object) -> bool:
    """Say whether all pods are of the newest template and available, and none of another one is left."""
    status, wanted = deployment.get("status", {}), deployment["spec"].get("replicas", 1)
    counts = {status.get(field, 0) for field in ("replicas", "updatedReplicas", "availableReplicas")}
    return is_seen(deployment) and counts == {wanted}
