"""The shape of a NotificationCluster file: every field that may be written, and nothing else.

A field that is absent is None here; what it then means is decided in `spec`. Descriptions complete the sentence
"FIELD must be ...", which is how a wrong value is reported.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Name = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$",
        description="a lower-case name of at most 52 letters, digits and dashes",
    ),
]
ResourceName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$",
        description="the name of a Kubernetes object: lower-case letters, digits, dashes and dots",
    ),
]
SecretEntry = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}$",
        description="a key of a Secret: letters, digits, dashes, underscores and dots",
    ),
]
Text = Annotated[str, Meta(min_length=1, max_length=256, description="a text of 1 to 256 characters")]
Url = Annotated[str, Meta(pattern=r"^https?://[^\s]+$", max_length=2048, description="an http or https address")]
Quantity = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,15}(\.[0-9]{1,9})?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$",
        description='a quantity such as "500m" or "1Gi"',
    ),
]
Amount = Quantity | Annotated[int, Meta(ge=0, description='a quantity such as "500m" or "1Gi"')]
Duration = Annotated[
    str, Meta(pattern=r"^[0-9]{1,9}(ms|s|m|h|d)$", description='a time such as "500ms", "30s", "2m", "1h" or "7d"')
]
SyncInterval = Annotated[
    str,
    Meta(pattern=r"^(always|[0-9]{1,9}(ms|s|m|h))$", description='"always" or a time such as "500ms", "10s" or "2m"'),
]
Replicas = Annotated[int, Meta(ge=1, le=500, description="a whole number from 1 to 500")]
Connections = Annotated[int, Meta(ge=1, le=1_000_000, description="a whole number from 1 to 1000000")]
PoolSize = Annotated[int, Meta(ge=1, le=1_000, description="a whole number from 1 to 1000")]
Jobs = Annotated[int, Meta(ge=1, le=1_000, description="a whole number from 1 to 1000")]
Seconds = Annotated[int, Meta(ge=1, le=86_400, description="a whole number of seconds from 1 to 86400")]
Mapping = dict[str, Any]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A mapping of the file; a field that is not declared is refused."""


class SecretKeyRef(Part, frozen=True):
    """One entry of a Secret."""

    name: ResourceName
    key: SecretEntry


class SecretRef(Part, frozen=True):
    """A whole Secret."""

    name: ResourceName


class Key(Part, frozen=True):
    """A key that tokens are verified with."""

    id: Text
    algorithm: Literal["RS256", "ES256", "EdDSA", "HS256"]
    secret_ref: SecretKeyRef


class Authorizer(Part, frozen=True):
    """The application's own service that decides who may join what."""

    url: Url
    timeout_seconds: Seconds | None = None


class Auth(Part, frozen=True):
    """How tokens are verified."""

    issuer: Text | None = None
    audience: Text | None = None
    jwks_url: Url | None = None
    keys: list[Key] | None = None
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


class Resources(Part, frozen=True):
    """CPU and memory of a container."""

    requests: dict[str, Amount] | None = None
    limits: dict[str, Amount] | None = None


class Gateway(Part, frozen=True):
    """The processes that hold the connections."""

    replicas: Replicas | None = None
    autoscaling: GatewayAutoscaling | None = None
    connection_limit: Connections | None = None
    drain: Drain | None = None
    resources: Resources | None = None
    service: Mapping | None = None
    pod_template: Mapping | None = None


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


class Channels(Part, frozen=True):
    """Ways of delivery beside the socket."""

    email: Mapping | None = None
    push: Mapping | None = None
    webhook: Mapping | None = None


class TopicFamily(Part, frozen=True):
    """A family of topics and its limits."""

    family: Text
    max_age: Duration | None = None
    max_bytes: Amount | None = None
    slow_consumer: Mapping | Text | None = None
    authorize: Mapping | Text | None = None


class Spec(Part, frozen=True, kw_only=True):
    """What the user wants."""

    image: Text | None = None
    demo: bool | None = None
    hibernate: bool | None = None
    auth: Auth | None = None
    database: Database
    nats: Nats | None = None
    gateway: Gateway | None = None
    worker: Worker | None = None
    channels: Channels | None = None
    limits: Mapping | None = None
    topics: list[TopicFamily] | None = None
    monitoring: Mapping | None = None
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
