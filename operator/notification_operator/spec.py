"""What a NotificationCluster file asks for, with every default filled in.

The defaults live here and nowhere else. What can be said of one field alone is checked by its type in `document`;
what concerns several fields is checked here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
import yaml

from .document import (
    Auth,
    Concurrency,
    Database,
    Document,
    Gateway,
    GatewayAutoscaling,
    Nats,
    NatsStorage,
    Pool,
    Worker,
    WorkerAutoscaling,
)
from .errors import InvalidSpec
from .violation import explain_violation

DatabaseSource = Literal["secretRef", "cloudNativePG", "embedded"]


@dataclass(frozen=True, slots=True)
class KeySpec:
    """A key that tokens are verified with, kept in entry `entry` of the Secret `secret`."""

    id: str
    algorithm: str
    secret: str
    entry: str


@dataclass(frozen=True, slots=True)
class AuthSpec:
    """How tokens are verified; with `demo_key` by a generated secret, and only then may `keys` be empty."""

    issuer: str
    audience: str
    keys: tuple[KeySpec, ...]
    demo_key: bool


@dataclass(frozen=True, slots=True)
class DatabaseSpec:
    """Which PostgreSQL, and how many connections each process keeps to it."""

    source: DatabaseSource
    pool_min: int
    pool_max: int


@dataclass(frozen=True, slots=True)
class NatsSpec:
    """The NATS servers; `storage` is a quantity, `sync_interval` is `always` or a time."""

    servers: int
    storage: str
    sync_interval: str


@dataclass(frozen=True, slots=True)
class GatewaySpec:
    """How many gateways run (the least number, when they scale) and how many connections each accepts."""

    replicas: int
    connection_limit: int


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """How many workers run and how many jobs each does at once, for each queue."""

    replicas: int
    high: int
    normal: int
    low: int


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """One cluster, completely decided."""

    name: str
    demo: bool
    auth: AuthSpec
    database: DatabaseSpec
    nats: NatsSpec
    gateway: GatewaySpec
    worker: WorkerSpec


def parse_document(text: bytes) -> Document:
    """Return the YAML in `text` as a Document; raise InvalidSpec when it is not a NotificationCluster."""
    try:
        return msgspec.convert(yaml.safe_load(text), Document)
    except msgspec.ValidationError as error:
        raise explain_violation(error, Document) from error
    except RecursionError as error:
        raise InvalidSpec("", "the file is nested too deeply") from error
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidSpec("", f"the file is not YAML: {_first_problem(error)}") from error


def derive_cluster(document: Document) -> ClusterSpec:
    """Return what `document` asks for; raise InvalidSpec when its fields contradict each other."""
    spec = document.spec
    demo = spec.demo or False
    return ClusterSpec(
        name=document.metadata.name,
        demo=demo,
        auth=_derive_auth(spec.auth or Auth(), demo=demo),
        database=_derive_database(spec.database),
        nats=_derive_nats(spec.nats or Nats()),
        gateway=_derive_gateway(spec.gateway or Gateway()),
        worker=_derive_worker(spec.worker or Worker()),
    )


def _derive_auth(auth: Auth, *, demo: bool) -> AuthSpec:
    keys = tuple(KeySpec(key.id, key.algorithm, key.secret_ref.name, key.secret_ref.key) for key in auth.keys or ())
    if not (keys or auth.jwks_url or demo):
        raise InvalidSpec("spec.auth", "must name keys or a jwksUrl; only with spec.demo may both be absent")
    if len({key.id for key in keys}) < len(keys):
        raise InvalidSpec("spec.auth.keys", "must have a different id each")
    return AuthSpec(
        issuer=auth.issuer or "notifications",
        audience=auth.audience or "notifications",
        keys=keys,
        demo_key=demo and not keys,
    )


def _derive_database(database: Database) -> DatabaseSpec:
    source = _only_source(database)
    pool = database.pool or Pool()
    largest = pool.max or max(10, pool.min or 0)
    smallest = pool.min or min(2, largest)
    if smallest > largest:
        raise InvalidSpec("spec.database.pool.min", f"must be at most spec.database.pool.max, which is {largest}")
    return DatabaseSpec(source, smallest, largest)


def _only_source(database: Database) -> DatabaseSource:
    sources: dict[DatabaseSource, object] = {
        "secretRef": database.secret_ref,
        "cloudNativePG": database.cloud_native_pg,
        "embedded": database.embedded,
    }
    given = [source for source, value in sources.items() if value is not None]
    if len(given) != 1:
        raise InvalidSpec("spec.database", f"must have exactly one of: {', '.join(sources)}")
    return given[0]


def _derive_nats(nats: Nats) -> NatsSpec:
    storage = nats.storage or NatsStorage()
    return NatsSpec(
        servers=nats.servers or 1, storage=str(storage.size or "1Gi"), sync_interval=nats.sync_interval or "2m"
    )


def _derive_gateway(gateway: Gateway) -> GatewaySpec:
    limit = gateway.connection_limit or 10_000
    scaling = gateway.autoscaling
    target = scaling.connections_per_gateway if scaling else None
    if target and target >= limit:
        raise InvalidSpec(
            "spec.gateway.autoscaling.connectionsPerGateway", f"must be below spec.gateway.connectionLimit ({limit})"
        )
    return GatewaySpec(_least_replicas("spec.gateway", gateway.replicas, scaling, default=2), limit)


def _derive_worker(worker: Worker) -> WorkerSpec:
    jobs = worker.concurrency or Concurrency()
    replicas = _least_replicas("spec.worker", worker.replicas, worker.autoscaling, default=1)
    return WorkerSpec(replicas, high=jobs.high or 10, normal=jobs.normal or 20, low=jobs.low or 5)


def _least_replicas(
    field: str, replicas: int | None, scaling: GatewayAutoscaling | WorkerAutoscaling | None, *, default: int
) -> int:
    if scaling is None:
        return replicas or default
    if replicas is not None:
        raise InvalidSpec(field, "must have replicas or autoscaling, not both")
    least = scaling.min_replicas or min(default, scaling.max_replicas)
    if least > scaling.max_replicas:
        raise InvalidSpec(f"{field}.autoscaling.minReplicas", f"must be at most maxReplicas ({scaling.max_replicas})")
    return least


def _first_problem(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return _one_line(str(error).splitlines())


def _one_line(lines: Sequence[str]) -> str:
    return " ".join(line.strip() for line in lines) or "it is empty"
