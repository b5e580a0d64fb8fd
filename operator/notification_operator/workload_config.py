"""The config files of the workloads, rendered from the cluster's spec; the same for every place a cluster runs in.

What differs between places is where files lie and where servers listen: a `Surroundings`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .channels import Locate, list_html_types, render_digest, render_gateway_channels, render_worker_channels
from .drain import DEFAULT_PACE, USUAL_DRAIN, allow_drain_seconds
from .spec import AuthSpec, ClusterSpec, GatewaySpec, KeySpec

DEMO_KEY = KeySpec(id="demo", algorithm="HS256", secret="", entry="")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the workloads find around them: absolute paths of secret files, and the addresses of the NATS servers.

    `nats_passwords` is keyed by role, `auth_keys` by the id of the key. `channel_file` locates an entry of a Secret;
    without a name, the generated key for links to unsubscribe.
    """

    postgres_uri: str
    nats_servers: tuple[str, ...]
    nats_replicas: int
    nats_passwords: Mapping[str, str]
    auth_keys: Mapping[str, str]
    channel_file: Locate
    replica_uri: str | None = None


def render_gateway_config(cluster: ClusterSpec, around: Surroundings) -> dict[str, Any]:
    """Return what gateway.json holds."""
    return {
        **_render_role("gateway", cluster, around),
        "auth": _render_auth(cluster.auth, around),
        "demo": cluster.demo,
        "connectionLimit": cluster.gateway.connection_limit,
        **_omit_empty(
            drain=_render_drain(cluster.gateway),
            limits=dict(cluster.limits),
            cors=dict(cluster.gateway.cors),
            digest=render_digest(cluster.channels),
            channels=render_gateway_channels(cluster.channels, around.channel_file),
            htmlTypes=list_html_types(cluster.channels),
            topics=[dict(topic) for topic in cluster.topics],
        ),
    }


def render_worker_config(cluster: ClusterSpec, around: Surroundings) -> dict[str, Any]:
    """Return what worker.json holds."""
    worker = cluster.worker
    return {
        **_render_role("worker", cluster, around),
        "queues": {"high": worker.high, "normal": worker.normal, "low": worker.low},
        **_omit_empty(
            retentionDays=cluster.database.retention_days,
            digest=render_digest(cluster.channels),
            channels=render_worker_channels(cluster.channels, around.channel_file),
            htmlTypes=list_html_types(cluster.channels),
        ),
    }


def list_auth_keys(auth: AuthSpec) -> tuple[KeySpec, ...]:
    """Return the keys that tokens are verified with: those of the spec, or the generated one of a demo."""
    return (DEMO_KEY,) if auth.demo_key else auth.keys


def _render_role(role: str, cluster: ClusterSpec, around: Surroundings) -> dict[str, Any]:
    database = cluster.database
    return {
        "role": role,
        "postgres": {
            "uriFile": around.postgres_uri,
            **(_omit_empty(replicaUriFile=around.replica_uri) if role == "gateway" else {}),
            "poolMin": database.pool_min,
            "poolMax": database.pool_max,
        },
        "nats": {
            "servers": list(around.nats_servers),
            "user": role,
            "passwordFile": around.nats_passwords[role],
            "replicas": around.nats_replicas,
        },
        **_render_monitoring(cluster.monitoring),
    }


def _render_drain(gateway: GatewaySpec) -> dict[str, Any]:
    """Return what differs from what a gateway does unless told."""
    pace, seconds = gateway.reconnects_per_second, allow_drain_seconds(gateway.drain_seconds)
    return {
        **({"maxReconnectsPerSecond": pace} if pace != DEFAULT_PACE else {}),
        **({"withinSeconds": seconds} if seconds != USUAL_DRAIN else {}),
    }


def _render_monitoring(monitoring: Mapping[str, Any]) -> dict[str, Any]:
    tracing = monitoring.get("tracing", {})
    telemetry = {"otlpEndpoint": tracing.get("endpoint"), "sampleRatio": tracing.get("sampleRatio")}
    given = {name: value for name, value in telemetry.items() if value is not None}
    return _omit_empty(logLevel=monitoring.get("logLevel"), telemetry=given)


def _render_auth(auth: AuthSpec, around: Surroundings) -> dict[str, Any]:
    return {
        "issuer": auth.issuer,
        "audience": auth.audience,
        "keys": [
            {"id": key.id, "algorithm": key.algorithm, "file": around.auth_keys[key.id]} for key in list_auth_keys(auth)
        ],
        **_omit_empty(jwksUrl=auth.jwks_url, authorizer=dict(auth.authorizer)),
    }


def _omit_empty(**sections: object) -> dict[str, Any]:
    """What is not set is not written: workloads of an earlier image refuse fields that they do not know."""
    return {name: section for name, section in sections.items() if section}
