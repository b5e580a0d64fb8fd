"""Every metric of the workloads, by the names that dashboards and alerts rely on."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_LATENCIES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0, 60.0)
_MOST_TYPES = 100


class Metrics:
    """Telemetry into one registry. Labels that callers choose are bounded: beyond the first 100 they become `other`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._types: set[str] = set()
        self._created = self._counter("notifications_created", "Notifications committed.", "type")
        self._delivered = self._counter("notifications_delivered", "Notifications handed over.", "channel")
        self._failed = self._counter("notifications_failed", "Notifications or jobs given up.", "reason")
        self._latency = Histogram(
            "notification_delivery_latency_seconds",
            "From acceptance to the socket.",
            buckets=_LATENCIES,
            registry=self.registry,
        )
        self._repaired = self._counter("notifications_repaired", "Events found by reading the inbox.")
        self._swept = self._counter("outbox_swept", "Jobs published by the sweep.")
        self._opened = self._counter("websocket_connections", "Connections accepted.")
        self._sent = self._counter("websocket_messages_sent", "Events queued for sockets.", "event_type")
        self._received = self._counter("websocket_messages_received", "Events received from sockets.", "event_type")

    def watch(self, name: str, text: str, read: Callable[[], float], **labels: str) -> None:
        """Add a gauge that is read when it is scraped."""
        gauge = Gauge(name, text, labels.keys(), registry=self.registry)
        (gauge.labels(**labels) if labels else gauge).set_function(read)

    def render(self) -> bytes:
        """Return the text exposition format."""
        return generate_latest(self.registry)

    def created(self, type: str, count: int) -> None:
        """Count notifications that were committed."""
        self._created.labels(self._bounded(type)).inc(count)

    def delivered(self, channel: str, count: int, latency: float | None) -> None:
        """Count notifications handed to a client or provider."""
        self._delivered.labels(channel).inc(count)
        if latency is not None:
            self._latency.observe(max(latency, 0.0))

    def failed(self, reason: str) -> None:
        """Count a notification or job that was not delivered."""
        self._failed.labels(reason).inc()

    def repaired(self, count: int) -> None:
        """Count events that were found by reading the inbox."""
        self._repaired.inc(count)

    def swept(self, count: int) -> None:
        """Count jobs that the sweep published."""
        self._swept.inc(count)

    def opened(self) -> None:
        """Count a connection."""
        self._opened.inc()

    def sent(self, event: str) -> None:
        """Count an event queued for a socket."""
        self._sent.labels(event).inc()

    def received(self, event: str) -> None:
        """Count an event from a socket, by a name that we know."""
        self._received.labels(event).inc()

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _bounded(self, type: str) -> str:
        if type in self._types or len(self._types) < _MOST_TYPES:
            self._types.add(type)
            return type
        return "other"
