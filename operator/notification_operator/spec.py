"""What a NotificationCluster file asks for, with every default filled in.

The defaults live here, those of CPU and memory in `resources`. What can be said of one field alone is checked by its
type in `document`; what concerns several fields is checked here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import yaml

from .channel_document import Channels
from .channels import derive_channels
from .database import DatabaseSpec, derive_database
from .document import (
    Auth,
    Concurrency,
    Document,
    Drain,
    Gateway,
    GatewayAutoscaling,
    Limits,
    Monitoring,
    Nats,
    NatsStorage,
    PodTemplate,
    Service,
    Worker,
    WorkerAutoscaling,
)
from .drain import DEFAULT_PACE, LONGEST_DRAIN, count_drain_seconds
from .errors import InvalidSpec
from .quantity import check_size
from .resources import GATEWAY_RESOURCES, WORKER_RESOURCES, ResourcesSpec, derive_resources
from .topics import derive_topics
from .violation import explain_violation, explain_yaml


@dataclass(frozen=True, slots=True)
class KeySpec:
    """A key that tokens are verified with, kept in entry `entry` of the Secret `secret`."""

    id: str
    algorithm: str
    secret: str
    entry: str


@dataclass(frozen=True, slots=True)
class AuthSpec:
    """How tokens are verified; with `demo_key` by a generated secret, else by `keys`, by those at `jwks_url`, or both.

    `authorizer` has the form of the file.
    """

    issuer: str
    audience: str
    keys: tuple[KeySpec, ...]
    jwks_url: str | None
    demo_key: bool
    authorizer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NatsSpec:
    """The NATS servers; `storage` is a quantity, `sync_interval` is `always` or a time.

    `storage_class` is None for the default class; `keep_storage` leaves the volumes when the cluster is deleted.
    """

    servers: int
    storage: str
    storage_class: str | None
    keep_storage: bool
    sync_interval: str


@dataclass(frozen=True, slots=True)
class GatewaySpec:
    """How many gateways run (from `replicas` to `max_replicas`) and how many connections each accepts.

    `drain_seconds` is how long it takes to move all clients elsewhere, at `reconnects_per_second` of all gateways
    together. `cors`, `service` and `pod_template` have the form of the file.
    """

    replicas: int
    max_replicas: int
    connection_limit: int
    reconnects_per_second: int
    drain_seconds: int
    cors: Mapping[str, Any]
    resources: ResourcesSpec
    service: Mapping[str, Any]
    pod_template: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """How many workers run (from `replicas` to `max_replicas`) and how many jobs each does at once, for each queue."""

    replicas: int
    max_replicas: int
    high: int
    normal: int
    low: int
    resources: ResourcesSpec
    pod_template: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """One cluster, completely decided; `image` is None for the operator's own choice.

    `channels` and `topics` are as `derive_channels` and `derive_topics` return them, `limits` and `monitoring` have the
    form of the file.
    """

    name: str
    image: str | None
    demo: bool
    hibernate: bool
    auth: AuthSpec
    database: DatabaseSpec
    nats: NatsSpec
    gateway: GatewaySpec
    worker: WorkerSpec
    channels: Mapping[str, Any]
    limits: Mapping[str, Any]
    topics: tuple[Mapping[str, Any], ...]
    monitoring: Mapping[str, Any]


def parse_document(text: bytes) -> Document:
    """Return the YAML in `text` as a Document; raise InvalidSpec when it is not a NotificationCluster."""
    try:
        return read_document(yaml.safe_load(text))
    except RecursionError as error:
        raise InvalidSpec("", "the file is nested too deeply") from error
    except (yaml.YAMLError, ValueError) as error:
        raise explain_yaml(error) from error


def read_document(document: object) -> Document:
    """Return a NotificationCluster, as its file or Kubernetes has it, as a Document; raise InvalidSpec otherwise."""
    try:
        return msgspec.convert(document, Document)
    except msgspec.ValidationError as error:
        raise explain_violation(error, Document) from error


def derive_cluster(document: Document) -> ClusterSpec:
    """Return what `document` asks for; raise InvalidSpec when its fields contradict each other."""
    spec = document.spec
    demo = spec.demo or False
    auth = spec.auth or Auth()
    return ClusterSpec(
        name=document.metadata.name,
        image=spec.image,
        demo=demo,
        hibernate=spec.hibernate or False,
        auth=_derive_auth(auth, demo=demo),
        database=derive_database(spec.database),
        nats=_derive_nats(spec.nats or Nats()),
        gateway=_derive_gateway(spec.gateway or Gateway()),
        worker=_derive_worker(spec.worker or Worker()),
        channels=derive_channels(spec.channels or Channels()),
        limits=msgspec.to_builtins(spec.limits or Limits()),
        topics=derive_topics(spec.topics or (), auth.authorizer),
        monitoring=msgspec.to_builtins(spec.monitoring or Monitoring()),
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
        jwks_url=auth.jwks_url,
        demo_key=demo and not keys,
        authorizer=msgspec.to_builtins(auth.authorizer) if auth.authorizer else {},
    )


def _derive_nats(nats: Nats) -> NatsSpec:
    storage = nats.storage or NatsStorage()
    return NatsSpec(
        servers=nats.servers or 1,
        storage=check_size("spec.nats.storage.size", "1Gi" if storage.size is None else storage.size),
        storage_class=storage.class_name,
        keep_storage=storage.when_deleted == "Retain",
        sync_interval=nats.sync_interval or "2m",
    )


def _derive_gateway(gateway: Gateway) -> GatewaySpec:
    limit = gateway.connection_limit or 10_000
    least, most = _count_replicas("spec.gateway", gateway.replicas, gateway.autoscaling, default=2)
    pace = (gateway.drain or Drain()).max_reconnects_per_second or DEFAULT_PACE
    target = gateway.autoscaling.connections_per_gateway if gateway.autoscaling else None
    if target and target >= limit:
        raise InvalidSpec(
            "spec.gateway.autoscaling.connectionsPerGateway", f"must be below spec.gateway.connectionLimit ({limit})"
        )
    return GatewaySpec(
        replicas=least,
        max_replicas=most,
        connection_limit=limit,
        reconnects_per_second=pace,
        drain_seconds=_derive_drain_seconds(pace, most, limit),
        cors=msgspec.to_builtins(gateway.cors) if gateway.cors else {},
        resources=derive_resources("spec.gateway.resources", gateway.resources, GATEWAY_RESOURCES),
        service=_derive_service(gateway.service or Service()),
        pod_template=msgspec.to_builtins(gateway.pod_template or PodTemplate()),
    )


def _derive_drain_seconds(pace: int, gateways: int, connections: int) -> int:
    seconds = count_drain_seconds(gateways, connections, pace)
    if seconds > LONGEST_DRAIN:
        raise InvalidSpec(
            "spec.gateway.drain.maxReconnectsPerSecond",
            f"must let all {gateways * connections} connections move within {LONGEST_DRAIN} s: "
            f"at least {count_drain_seconds(gateways, connections, LONGEST_DRAIN)}",
        )
    return seconds


def _derive_service(service: Service) -> Mapping[str, Any]:
    kind = service.type or "ClusterIP"
    if service.load_balancer_class and kind != "LoadBalancer":
        raise InvalidSpec("spec.gateway.service.loadBalancerClass", 'needs type "LoadBalancer"')
    if service.external_traffic_policy and kind == "ClusterIP":
        raise InvalidSpec("spec.gateway.service.externalTrafficPolicy", 'needs type "NodePort" or "LoadBalancer"')
    return {**msgspec.to_builtins(service), "type": kind}


def _derive_worker(worker: Worker) -> WorkerSpec:
    jobs = worker.concurrency or Concurrency()
    least, most = _count_replicas("spec.worker", worker.replicas, worker.autoscaling, default=1)
    return WorkerSpec(
        replicas=least,
        max_replicas=most,
        high=jobs.high or 10,
        normal=jobs.normal or 20,
        low=jobs.low or 5,
        resources=derive_resources("spec.worker.resources", worker.resources, WORKER_RESOURCES),
        pod_template=msgspec.to_builtins(worker.pod_template or PodTemplate()),
    )


def _count_replicas(
    field: str, replicas: int | None, scaling: GatewayAutoscaling | WorkerAutoscaling | None, *, default: int
) -> tuple[int, int]:
    if scaling is None:
        return replicas or default, replicas or default
    if replicas is not None:
        raise InvalidSpec(field, "must have replicas or autoscaling, not both")
    least = scaling.min_replicas or min(default, scaling.max_replicas)
    if least > scaling.max_replicas:
        raise InvalidSpec(f"{field}.autoscaling.minReplicas", f"must be at most maxReplicas ({scaling.max_replicas})")
    return least, scaling.max_replicas
