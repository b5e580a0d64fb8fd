"""What a NotificationCluster may ask for and one machine cannot give: refused, or named as ignored. Pure."""

from ..document import Document
from ..errors import InvalidSpec
from ..spec import ClusterSpec
from ..topology import CONNECTIONS_FOR_WORKLOADS

_IGNORED = (
    "image",
    "hibernate",
    "database.replicas",
    "nats.storage.class_name",
    "nats.storage.when_deleted",
    "gateway.autoscaling",
    "gateway.resources",
    "gateway.service",
    "gateway.pod_template",
    "worker.autoscaling",
    "worker.resources",
    "worker.pod_template",
    "network_policy",
    "tls",
)


def refuse_unsupported(cluster: ClusterSpec) -> None:
    """Raise InvalidSpec for what the cluster could not do without."""
    if cluster.database.source != "embedded":
        raise InvalidSpec(
            f"spec.database.{cluster.database.source}", "is for Kubernetes: a local run needs spec.database.embedded"
        )
    _refuse_too_many_connections(cluster)


def list_ignored(document: Document) -> tuple[str, ...]:
    """Return the fields that are set and make no difference to a local run, as paths."""
    ignored = [_spell(path) for path in _IGNORED if _is_set(document, path)]
    if document.spec.nats and (document.spec.nats.servers or 1) > 1:
        ignored.append("spec.nats.servers (one server runs)")
    return tuple(ignored)


def _refuse_too_many_connections(cluster: ClusterSpec) -> None:
    processes = cluster.gateway.replicas + cluster.worker.replicas
    share = CONNECTIONS_FOR_WORKLOADS // processes
    why = f"in a local run: {processes} processes share {CONNECTIONS_FOR_WORKLOADS} connections to PostgreSQL"
    if share == 0:
        raise InvalidSpec("spec.gateway.replicas", f"must be lower {why}")
    if cluster.database.pool_max > share:
        raise InvalidSpec("spec.database.pool.max", f"must be at most {share} {why}")


def _is_set(document: Document, path: str) -> bool:
    value: object = document.spec
    for field in path.split("."):
        value = getattr(value, field) if value is not None else None
    return value is not None and value is not False


def _spell(path: str) -> str:
    return ".".join(("spec", *(_to_camel(field) for field in path.split("."))))


def _to_camel(field: str) -> str:
    first, *others = field.split("_")
    return first + "".join(word.capitalize() for word in others)
