"""What a gateway tells of its load."""

from notifications.adapters.http.management import Load
from notifications.adapters.postgres.replica import Replica
from notifications.adapters.prometheus.metrics import Metrics
from notifications.adapters.prometheus.process import ProcessGauge
from notifications.clock import now
from notifications.domain.notification import wire_time
from notifications.parts import Gateway


def watch_replica(replica: Replica, metrics: Metrics) -> None:
    """Show how far behind the replica is."""
    text = "How far the read replica is behind the primary; +Inf while that cannot be told."
    metrics.watch("postgres_replica_lag_seconds", text, lambda: replica.lag)


def report_load(gateway: Gateway, limit: int, metrics: Metrics, id: str) -> Load:
    """Return what answers `/load`."""
    process = ProcessGauge(metrics.registry)
    held = "Connections held."
    metrics.watch("websocket_connections_active", held, lambda: gateway.server.connections, server_id=id)
    metrics.watch("notifications_queue_depth", "Jobs that wait, of the whole fleet.", lambda: gateway.depth.jobs)
    metrics.watch("notifications_queue_ratio", "The same, of what is accepted.", lambda: gateway.depth.ratio)

    async def load() -> dict[str, object]:
        draining = gateway.fleet.leaving
        connections = gateway.server.connections
        return {
            "role": "gateway",
            "connections": connections,
            "limit": limit,
            "draining": draining,
            "remaining": connections + len(gateway.forwarder.passages()) if draining else 0,
            "cpu": process.read_cpu(),
            "memory": process.read_memory(),
            "at": wire_time(now()),
        }

    return load
