"""The configuration file of a workload: strict, complete at start, secrets only as paths of files.

The operator renders it; `notifications` refuses a wrong one with one line that names the field.
"""

from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args
from urllib.parse import quote

import msgspec
from msgspec import Meta

from notifications.channel_config import ChannelsConfig, GatewayChannelsConfig
from notifications.domain.access import ROOMS, Rule
from notifications.domain.errors import Invalid, Misconfigured
from notifications.domain.families import Family, Slow
from notifications.domain.jobs import Queue
from notifications.domain.limits import (
    AUTHORIZER_TIMEOUT,
    DRAIN_PACE,
    DRAIN_WITHIN,
    MAX_AUTHORIZER_TIMEOUT,
    MAX_CONNECTIONS_PER_USER,
    MAX_DRAIN_WITHIN,
    MAX_EVENTS_PER_MINUTE,
    MAX_QUOTA,
    MAX_WINDOW,
    MAX_WINDOW_MESSAGES,
    MIN_WINDOW,
    MIN_WINDOW_MESSAGES,
)
from notifications.domain.network import check_service
from notifications.domain.preferences import DigestHour
from notifications.domain.text import TYPE
from notifications.domain.window import Window
from notifications.section import Section

Port = Annotated[int, Meta(ge=0, le=65535)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Wall = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Quota = Annotated[int, Meta(ge=1, le=MAX_QUOTA)]
Days = Annotated[int, Meta(ge=1, le=36_500)]
LogLevel = Literal["debug", "info", "warning", "error"]
HtmlTypes = Annotated[tuple[Annotated[str, Meta(pattern=rf"^{TYPE.pattern}\Z")], ...], Meta(max_length=100)]


class PostgresConfig(Section, frozen=True):
    """`uriFile` holds a postgresql:// URI; see `read_postgres_uri`. The pool's sizes are connections of one process.

    `replicaUriFile` is the same of a read replica, to which up to `poolMax` connections are made as well.
    """

    uri_file: str
    replica_uri_file: str | None = None
    pool_min: Count = 2
    pool_max: Count = 10

    def __post_init__(self) -> None:
        if self.pool_min > self.pool_max:
            raise ValueError(f"poolMin {self.pool_min} is greater than poolMax {self.pool_max}")


class NatsConfig(Section, frozen=True):
    """`replicas` is how many servers keep a copy of each stream."""

    servers: Annotated[list[str], Meta(min_length=1)]
    user: str
    password_file: str
    replicas: Literal[1, 3, 5] = 1


class KeyConfig(Section, frozen=True):
    """One verification key: a PEM public key, or a secret for HS256."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    algorithm: str
    file: str


class AuthorizerConfig(Section, frozen=True):
    """The platform's service that says who may listen and speak where tokens and members do not tell."""

    url: str
    timeout_seconds: Annotated[float, Meta(gt=0, le=MAX_AUTHORIZER_TIMEOUT)] = AUTHORIZER_TIMEOUT

    def __post_init__(self) -> None:
        _check_service(self.url, "url")


class AuthConfig(Section, frozen=True):
    """Tokens must name this issuer and audience and be signed by one of the keys: those here, or those at `jwksUrl`."""

    issuer: str
    audience: str
    keys: Annotated[tuple[KeyConfig, ...], Meta(max_length=20)] = ()
    jwks_url: str | None = None
    authorizer: AuthorizerConfig | None = None

    def __post_init__(self) -> None:
        if self.jwks_url is not None:
            _check_service(self.jwks_url, "jwksUrl")
        elif not self.keys:
            raise ValueError("auth.keys is empty and there is no auth.jwksUrl: no token could be verified")


class ProducerLimits(Section, frozen=True):
    """What one tenant may send at all gateways together; `burst`, what may come at once, is a minute's unless given."""

    per_minute: Count
    burst: Count | None = None


class AddressLimits(Section, frozen=True):
    """What clients of one address may do at one gateway, without a limit unless it is given.

    Behind proxies, all clients have the proxies' addresses. So many of them, `trustedProxies`, are believed when they
    say in X-Forwarded-For whom they serve.
    """

    connections: Count | None = None
    handshakes_per_second: Count | None = None
    trusted_proxies: Annotated[int, Meta(ge=0, le=10)] = 0


class LimitsConfig(Section, frozen=True):
    """Producers are not limited unless that is given; of a user's connections the newest are kept.

    `eventsPerMinute` is how many events a user may send over sockets, those of keeping up left out.
    `sendsPerMinute` is how often a user may send over sockets, `broadcastsPerMinute` how often over REST to sockets.
    """

    producers: ProducerLimits | None = None
    connections_per_user: Annotated[int, Meta(ge=1, le=MAX_CONNECTIONS_PER_USER)] = 5
    sends_per_minute: Quota = 10
    broadcasts_per_minute: Quota = 10
    events_per_minute: Annotated[int, Meta(ge=1, le=MAX_EVENTS_PER_MINUTE)] = 100
    addresses: AddressLimits = AddressLimits()


class DrainConfig(Section, frozen=True):
    """How many clients all gateways that stop may move a second, and the seconds that each has until it is ended."""

    max_reconnects_per_second: Count = DRAIN_PACE
    within_seconds: Annotated[int, Meta(ge=1, le=MAX_DRAIN_WITHIN)] = DRAIN_WITHIN


class CorsConfig(Section, frozen=True):
    """Origins, as browsers send them, whose pages may call REST besides the gateway's own."""

    origins: Annotated[
        tuple[Annotated[str, Meta(max_length=310, pattern=r"^https?://[^/\s?#@]+\Z")], ...], Meta(max_length=100)
    ] = ()


class DigestConfig(Section, frozen=True):
    """When digests are put together, on each user's clock; `weekday` is that of weekly ones. The same in both files."""

    hour: Wall = "09:00"
    weekday: Weekday = "monday"

    def read(self) -> DigestHour:
        """Return it as the rules have it."""
        return DigestHour(time.fromisoformat(self.hour), get_args(Weekday).index(self.weekday))


class TelemetryConfig(Section, frozen=True):
    """Traces go by OTLP over HTTP below `otlpEndpoint`; `sampleRatio` is the share of notifications that is traced."""

    otlp_endpoint: Annotated[str, Meta(pattern=r"^https?://[^\s]+\Z", max_length=2048)]
    sample_ratio: Annotated[float, Meta(ge=0, le=1)] = 0.01


class BatchConfig(Section, frozen=True):
    """Live messages to a client wait until there are so many, or the first has waited so long."""

    messages: Annotated[int, Meta(ge=MIN_WINDOW_MESSAGES, le=MAX_WINDOW_MESSAGES)] = MIN_WINDOW_MESSAGES
    milliseconds: Annotated[int, Meta(ge=MIN_WINDOW, le=MAX_WINDOW)] = MAX_WINDOW


class FamilyConfig(Section, frozen=True, kw_only=True):
    """A family of topics, by their first token. Rooms have rules of their own; any other family needs `authorize`."""

    family: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]
    authorize: Literal["authorizer", "members", "everyone", "admins"] | None = None
    max_age_seconds: Annotated[int, Meta(ge=1)] | None = None
    max_bytes: Annotated[int, Meta(ge=1)] | None = None
    slow_consumer: Slow = Slow.RESUME
    batch: BatchConfig | None = None

    def __post_init__(self) -> None:
        if self.family == "inbox":
            raise ValueError("the family inbox is not for topics: clients call notifications so")
        if (self.family in ROOMS) is (self.authorize is not None):
            raise ValueError(f"the family {self.family} must have authorize unless it is one of {', '.join(ROOMS)}")

    def read(self) -> Family:
        """Return it as the rules have it."""
        rule = Rule(self.authorize) if self.authorize else None
        window = Window(self.batch.messages, self.batch.milliseconds) if self.batch else None
        return Family(self.family, rule, self.max_age_seconds, self.slow_consumer, window, self.max_bytes)


class GatewayConfig(Section, frozen=True, tag_field="role", tag="gateway"):
    """gateway.json."""

    postgres: PostgresConfig
    nats: NatsConfig
    auth: AuthConfig
    demo: bool = False
    connection_limit: Count = 10_000
    drain: DrainConfig = DrainConfig()
    limits: LimitsConfig = LimitsConfig()
    cors: CorsConfig = CorsConfig()
    digest: DigestConfig = DigestConfig()
    channels: GatewayChannelsConfig = GatewayChannelsConfig()
    html_types: HtmlTypes = ()
    topics: Annotated[tuple[FamilyConfig, ...], Meta(max_length=100)] = ()
    log_level: LogLevel = "info"
    telemetry: TelemetryConfig | None = None

    def __post_init__(self) -> None:
        if len({topic.family for topic in self.topics}) < len(self.topics):
            raise ValueError("topics must have a different family each")
        if self.auth.authorizer is None and any(topic.authorize == "authorizer" for topic in self.topics):
            raise ValueError("topics that authorize by the authorizer need auth.authorizer")


class WorkerConfig(Section, frozen=True, tag_field="role", tag="worker"):
    """worker.json. `queues` are the jobs at once per process; the content of `htmlTypes` may be HTML in mails."""

    postgres: PostgresConfig
    nats: NatsConfig
    queues: Annotated[dict[Queue, Count], Meta(min_length=1)] = msgspec.field(
        default_factory=lambda: {Queue.HIGH: 10, Queue.NORMAL: 20, Queue.LOW: 5}
    )
    retention_days: Days = 90
    digest: DigestConfig = DigestConfig()
    channels: ChannelsConfig = ChannelsConfig()
    html_types: HtmlTypes = ()
    log_level: LogLevel = "info"
    telemetry: TelemetryConfig | None = None


def _check_service(url: str, field: str) -> None:
    try:
        check_service(url, field)
    except Invalid as error:
        raise ValueError(str(error)) from error


_C = TypeVar("_C", GatewayConfig, WorkerConfig)


def load_config(path: Path, kind: type[_C]) -> _C:
    """Read and check a configuration file. Raises Misconfigured."""
    config: _C = _decode(path, kind)
    return config


def load_any_config(path: Path) -> GatewayConfig | WorkerConfig:
    """Read and check a gateway's or a worker's configuration file. Raises Misconfigured."""
    config: GatewayConfig | WorkerConfig = _decode(path, GatewayConfig | WorkerConfig)
    return config


def _decode(path: Path, kind: Any) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise Misconfigured(f"the configuration {path} cannot be read: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Misconfigured(f"the configuration {path} is wrong: {error}") from error


def read_secret(path: str) -> str:
    """Read a secret from its file. Raises Misconfigured, which names the file and never the secret."""
    try:
        secret = Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"the secret {path} cannot be read") from error
    if not secret:
        raise Misconfigured(f"the secret {path} is empty")
    return secret


def read_postgres_uri(path: str) -> str:
    """Read the address of PostgreSQL from its file. Raises Misconfigured.

    Where that is absent, the files beside it named host, port, user, password and dbname are put together; without a
    port it is 5432.
    """
    folder = Path(path).parent
    if Path(path).exists() or not (folder / "host").exists():
        return read_secret(path)
    host, user, password, name = (read_secret(str(folder / part)) for part in ("host", "user", "password", "dbname"))
    port = read_secret(str(folder / "port")) if (folder / "port").exists() else "5432"
    where = f"[{host}]" if ":" in host else host
    return f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@{where}:{port}/{quote(name, safe='')}"
