"""The shape of a NotificationCluster file: every field that may be written, and nothing else.

A field that is absent is None here; what it then means is decided in `spec`. The CustomResourceDefinition is generated
from these types, whose docstrings are what `kubectl explain` prints.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from .channel_document import Channels
from .part import Mapping, Part, SecretKeyRef, SecretRef
from .scalar import (
    Amount,
    Connections,
    ConnectionsPerUser,
    Days,
    Duration,
    FamilyName,
    Image,
    Jobs,
    KeyId,
    LabelKey,
    LabelValue,
    Name,
    PerMinute,
    PoolSize,
    Proxies,
    Replicas,
    Requests,
    ResourceName,
    Seconds,
    ServiceUrl,
    Share,
    SyncInterval,
    Text,
    Url,
    WebOrigin,
)


class Key(Part, frozen=True):
    """A key that tokens are verified with."""

    id: KeyId
    algorithm: Literal["RS256", "ES256", "EdDSA", "HS256"]
    secret_ref: SecretKeyRef


class Authorizer(Part, frozen=True):
    """The application's own service that decides who may join what."""

    url: ServiceUrl
    timeout_seconds: Annotated[int, Meta(ge=1, le=30, description="a whole number of seconds from 1 to 30")] | None = (
        None
    )


class Auth(Part, frozen=True):
    """How tokens are verified."""

    issuer: Text | None = None
    audience: Text | None = None
    jwks_url: ServiceUrl | None = None
    keys: Annotated[list[Key], Meta(max_length=20, description="a list of at most 20 keys")] | None = None
    authorizer: Authorizer | None = None


class CloudNativePG(Part, frozen=True):
    """A PostgreSQL cluster that CloudNativePG runs."""

    cluster: ResourceName


class Embedded(Part, frozen=True):
    """A PostgreSQL of our own, for trials."""

    storage: Amount


class Pool(Part, frozen=True):
    """Connections to PostgreSQL of one process."""

    min: PoolSize | None = None
    max: PoolSize | None = None


class ReadReplicas(Part, frozen=True):
    """Where reads may go."""

    secret_ref: SecretRef


class Database(Part, frozen=True):
    """The record of truth: exactly one of the first three says which PostgreSQL."""

    secret_ref: SecretRef | None = None
    cloud_native_pg: CloudNativePG | None = msgspec.field(default=None, name="cloudNativePG")
    embedded: Embedded | None = None
    pool: Pool | None = None
    replicas: ReadReplicas | None = None
    retention_days: Days | None = None


class NatsStorage(Part, frozen=True):
    """The volume of one NATS server."""

    size: Amount | None = None
    class_name: ResourceName | None = None
    when_deleted: Literal["Retain", "Delete"] | None = None


class Nats(Part, frozen=True):
    """The NATS servers."""

    servers: Literal[1, 3, 5] | None = None
    storage: NatsStorage | None = None
    sync_interval: SyncInterval | None = None


class GatewayAutoscaling(Part, frozen=True, kw_only=True):
    """How many gateways run for how many connections."""

    min_replicas: Replicas | None = None
    max_replicas: Replicas
    connections_per_gateway: Connections | None = None
    buffer: Annotated[int, Meta(ge=0, le=1_000_000, description="a whole number from 0 to 1000000")] | None = None
    scale_in_window_seconds: Seconds | None = None


class Drain(Part, frozen=True):
    """How fast clients are moved off gateways that stop."""

    max_reconnects_per_second: Connections | None = None


class Amounts(Part, frozen=True):
    """So much of each resource."""

    cpu: Amount | None = None
    memory: Amount | None = None
    ephemeral_storage: Amount | None = msgspec.field(default=None, name="ephemeral-storage")


class Resources(Part, frozen=True):
    """What a container is sure of, and what it may use at most; what is left out has a default."""

    requests: Amounts | None = None
    limits: Amounts | None = None


class Service(Part, frozen=True):
    """The Service through which clients reach the gateways."""

    type: Literal["ClusterIP", "NodePort", "LoadBalancer"] | None = None
    annotations: dict[LabelKey, str] | None = None
    load_balancer_class: Text | None = None
    external_traffic_policy: Literal["Cluster", "Local"] | None = None


class Toleration(Part, frozen=True):
    """A taint of nodes that the pods bear."""

    key: LabelKey | None = None
    operator: Literal["Exists", "Equal"] | None = None
    value: LabelValue | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    toleration_seconds: Annotated[int, Meta(ge=0, description="a whole number of seconds from 0")] | None = None


class PodTemplate(Part, frozen=True):
    """Where pods run and what is written on them; nothing that would give them more rights."""

    labels: dict[LabelKey, LabelValue] | None = None
    annotations: dict[LabelKey, str] | None = None
    node_selector: dict[LabelKey, LabelValue] | None = None
    tolerations: Annotated[list[Toleration], Meta(max_length=20)] | None = None
    affinity: Mapping | None = None
    priority_class_name: ResourceName | None = None
    image_pull_secrets: Annotated[list[SecretRef], Meta(max_length=10)] | None = None


class Cors(Part, frozen=True):
    """Which pages of other origins may call REST from a browser; none without it."""

    origins: Annotated[list[WebOrigin], Meta(min_length=1, max_length=100, description="a list of 1 to 100 origins")]


class Gateway(Part, frozen=True):
    """The processes that hold the connections."""

    replicas: Replicas | None = None
    autoscaling: GatewayAutoscaling | None = None
    connection_limit: Connections | None = None
    drain: Drain | None = None
    cors: Cors | None = None
    resources: Resources | None = None
    service: Service | None = None
    pod_template: PodTemplate | None = None


class WorkerAutoscaling(Part, frozen=True, kw_only=True):
    """How many workers run."""

    min_replicas: Replicas | None = None
    max_replicas: Replicas


class Concurrency(Part, frozen=True):
    """Jobs at once in one worker, for each queue."""

    high: Jobs | None = None
    normal: Jobs | None = None
    low: Jobs | None = None


class Worker(Part, frozen=True):
    """The processes that deliver."""

    replicas: Replicas | None = None
    autoscaling: WorkerAutoscaling | None = None
    concurrency: Concurrency | None = None
    resources: Resources | None = None
    pod_template: PodTemplate | None = None


class ProducerLimits(Part, frozen=True):
    """How many requests to send the producers of one tenant may make; burst is how many at once."""

    per_minute: Requests
    burst: Requests | None = None


class AddressLimits(Part, frozen=True):
    """How many connections, and new ones a second, clients of one address may have at a gateway, without it no limit.

    trustedProxies is how many proxies stand before gateways and say in X-Forwarded-For whom they serve.
    """

    connections: Connections | None = None
    handshakes_per_second: Connections | None = None
    trusted_proxies: Proxies | None = None


class Limits(Part, frozen=True):
    """How much producers may send, which is not limited without it, and how often users connect, send and broadcast."""

    producers: ProducerLimits | None = None
    connections_per_user: ConnectionsPerUser | None = None
    sends_per_minute: PerMinute | None = None
    broadcasts_per_minute: PerMinute | None = None
    events_per_minute: Requests | None = None
    addresses: AddressLimits | None = None


class Tracing(Part, frozen=True):
    """The collector that traces go to, by OTLP over HTTP, and the share of notifications that is traced."""

    endpoint: Url
    sample_ratio: Share | None = None


class Monitoring(Part, frozen=True):
    """What gateways and workers tell of themselves beside their metrics."""

    log_level: Literal["debug", "info", "warning", "error"] | None = None
    tracing: Tracing | None = None


class Batch(Part, frozen=True):
    """Live messages to a client wait until there are so many, or the first has waited so long."""

    messages: Annotated[int, Meta(ge=10, le=50, description="a whole number from 10 to 50")] | None = None
    milliseconds: Annotated[int, Meta(ge=1, le=100, description="a whole number from 1 to 100")] | None = None


class TopicFamily(Part, frozen=True):
    """A family of topics: how much of it is shown again, who may, what becomes of slow readers, and what gathers."""

    family: FamilyName
    max_age: Duration | None = None
    max_bytes: Amount | None = None
    slow_consumer: Literal["resume", "keepLatest", "dropOldest"] | None = None
    authorize: Literal["authorizer", "members", "everyone", "admins"] | None = None
    batch: Batch | None = None


class Spec(Part, frozen=True, kw_only=True):
    """What the user wants."""

    image: Image | None = None
    demo: bool | None = None
    hibernate: bool | None = None
    auth: Auth | None = None
    database: Database
    nats: Nats | None = None
    gateway: Gateway | None = None
    worker: Worker | None = None
    channels: Channels | None = None
    limits: Limits | None = None
    topics: Annotated[list[TopicFamily], Meta(max_length=100)] | None = None
    monitoring: Monitoring | None = None
    network_policy: Mapping | None = None
    tls: Mapping | None = None


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an object's metadata that matters here; Kubernetes adds more, which is accepted."""

    name: Name


class Document(Part, frozen=True):
    """A whole NotificationCluster; its status, as Kubernetes prints it, is accepted and not read."""

    api_version: Literal["notification-operator.dev/v1alpha1"]
    kind: Literal["NotificationCluster"]
    metadata: Metadata
    spec: Spec
    status: Mapping | None = None
