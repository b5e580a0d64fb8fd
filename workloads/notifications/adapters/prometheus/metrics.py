"""Every metric of the workloads, by the names that dashboards and alerts rely on. docs/metrics.md explains them."""

from collections.abc import Callable, Sequence
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from notifications.adapters.prometheus.series import Series
from notifications.adapters.prometheus.traffic import Traffic
from notifications.domain.inbox import Change
from notifications.domain.jobs import Channel, Job, Outcome, Status
from notifications.domain.submission import Placed

_LATENCIES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0, 60.0)
_LIFETIMES = (1.0, 10.0, 60.0, 300.0, 1800.0, 3600.0, 14_400.0, 86_400.0)
_JOB = ("queue", "channel")


class Metrics:
    """Telemetry into one registry. Labels that callers choose are bounded."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._gauges: dict[str, Gauge] = {}
        self._created = self._series("notifications_created", "Notifications committed.", "type")
        self._tenant = self._series("notifications_created_by_tenant", "The same, by tenant.", "tenant")
        self._delivered = self._series("notifications_delivered", "Notifications handed over.", "channel")
        self._failed = self._series("notifications_failed", "Notifications given up on a channel.", "reason")
        self._latency = self._histogram("notification_delivery_latency", "From acceptance to the socket.", _LATENCIES)
        self._repaired = self._counter("notifications_repaired", "Events found by reading the inbox.")
        self._enqueued = self._counter("queue_jobs_enqueued", "Jobs that the work queues took.")
        self._swept = self._counter("outbox_swept", "Jobs published by the sweep.")
        self._completed = self._series("queue_jobs_completed", "Jobs that are over and were not given up.", *_JOB)
        self._given_up = self._series("queue_jobs_failed", "Jobs that were given up.", *_JOB)
        self._put_back = self._series("queue_jobs_retried", "Attempts after which a job waits for another.", *_JOB)
        self._duration = Series(self._histogram("queue_job_duration", "How long a job is in hand.", _LATENCIES, *_JOB))
        self._opened = self._counter("websocket_connections", "Connections accepted.")
        self._lifetime = self._histogram("websocket_connection_duration", "How long connections last.", _LIFETIMES)
        self._stale = self._counter("websocket_stale_connections", "Connections ended for the silence of the client.")
        self._received = self._series("websocket_messages_received", "Events received from sockets.", "event_type")
        told = "How long a gateway writes a broadcast to its sockets."
        self._broadcast = self._histogram("websocket_broadcast_duration", told, _LATENCIES)
        traffic = Traffic()
        self.registry.register(traffic)
        self.sent = traffic.count
        """Counts an event queued for a socket; nothing stands between, for it is called for each delivery."""

    def watch(self, name: str, text: str, read: Callable[[], float], **labels: str) -> None:
        """Add a gauge that is read when it is scraped, or another value of its labels."""
        if name not in self._gauges:
            self._gauges[name] = Gauge(name, text, labels.keys(), registry=self.registry)
        gauge = self._gauges[name]
        (gauge.labels(**labels) if labels else gauge).set_function(read)

    def render(self) -> bytes:
        """Return the text exposition format."""
        return generate_latest(self.registry)

    def created(self, tenant: str, type: str, placed: Sequence[Placed]) -> None:
        """Count notifications that were committed."""
        self._created.at(type).inc(len(placed))
        self._tenant.at(tenant).inc(len(placed))

    def enqueued(self, jobs: Sequence[Job]) -> None:
        """Count jobs that a work queue has taken."""
        self._enqueued.inc(len(jobs))

    def delivered(self, channel: str, id: UUID, latency: float | None) -> None:
        """Count a notification handed to a client or provider."""
        self._delivered.at(channel).inc()
        if latency is not None:
            self._latency.observe(max(latency, 0.0))

    def settled(self, outcome: Outcome, seconds: float) -> None:
        """Count what became of a job."""
        job = outcome.job
        lane = (job.queue, job.channel)
        self._duration.at_all(lane).observe(seconds)
        counter = self._put_back if outcome.state is Status.RETRYING else self._completed
        failure = outcome.failure
        (self._given_up if failure else counter).at_all(lane).inc()
        if failure:
            self._failed.at(failure).inc()
        elif outcome.state is Status.SENT and job.channel is not Channel.WEBSOCKET:
            self.delivered(job.channel, job.notification, None)

    def read(self, change: Change) -> None:
        """Read state has no metric; the journal tells of it."""

    def repaired(self, count: int) -> None:
        """Count events that were found by reading the inbox."""
        self._repaired.inc(count)

    def swept(self, count: int) -> None:
        """Count jobs that the sweep published."""
        self._swept.inc(count)

    def broadcast(self, seconds: float) -> None:
        """Count an event that was written to many."""
        self._broadcast.observe(seconds)

    def opened(self) -> None:
        """Count a connection."""
        self._opened.inc()

    def closed(self, seconds: float, *, stale: bool) -> None:
        """Count the end of a connection."""
        self._lifetime.observe(seconds)
        if stale:
            self._stale.inc()

    def received(self, event: str) -> None:
        """Count an event from a socket, by a name that we know."""
        self._received.at(event).inc()

    def _series(self, name: str, text: str, *labels: str) -> Series[Counter]:
        return Series(self._counter(name, text, *labels))

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"{name}_seconds", text, labels, buckets=buckets, registry=self.registry)
