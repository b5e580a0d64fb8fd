"""What the operator measures of itself, for Prometheus."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from .kubernetes import Answer

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(frozen=True, slots=True)
class Reading:
    """How the engine is doing at one moment; lag, stall and age are seconds."""

    leads: bool
    clusters: int
    queue_lag: float
    queue_stall: float
    watch_age: float


class Engine(Protocol):
    """What can be asked how it is doing."""

    def read(self) -> Reading:
        """Return how it is doing now."""
        ...


class Metrics:
    """Counts passes and requests; gauges are read when somebody asks."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        name = "notification_operator_"
        self._passes = Counter(f"{name}reconcile", "Passes by result", ["result"], registry=self._registry)
        self._seconds = Histogram(
            f"{name}reconcile_seconds", "Duration of a pass", registry=self._registry, buckets=_SECONDS
        )
        self._requests = Counter(
            f"{name}api_requests", "Requests to the API server", ["verb", "kind", "code"], registry=self._registry
        )
        self._gauges = {
            "leader": Gauge(f"{name}leader", "1 while this replica leads", registry=self._registry),
            "clusters": Gauge(f"{name}clusters", "NotificationClusters that are known", registry=self._registry),
            "queue": Gauge(f"{name}queue_lag_seconds", "How belated the oldest key is", registry=self._registry),
            "watch": Gauge(
                f"{name}watch_age_seconds", "Age of the oldest change that no watch told of", registry=self._registry
            ),
        }

    @contextmanager
    def measure_pass(self) -> Iterator[None]:
        """Count one pass and its duration."""
        begun, result = perf_counter(), "error"
        try:
            yield
            result = "ok"
        finally:
            self._passes.labels(result).inc()
            self._seconds.observe(perf_counter() - begun)

    def count_request(self, answer: Answer) -> None:
        """Count one request."""
        self._requests.labels(answer.verb, answer.kind, str(answer.code)).inc()

    def show(self, reading: Reading) -> bytes:
        """Return everything as Prometheus reads it."""
        self._gauges["leader"].set(reading.leads)
        self._gauges["clusters"].set(reading.clusters)
        self._gauges["queue"].set(reading.queue_lag)
        self._gauges["watch"].set(reading.watch_age)
        return generate_latest(self._registry)
