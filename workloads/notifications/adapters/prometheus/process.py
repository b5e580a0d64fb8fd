"""What this process takes of its machine."""

import time

from prometheus_client import CollectorRegistry, ProcessCollector


class ProcessGauge:
    """CPU and memory of this process; zero where the platform does not tell."""

    def __init__(self, registry: CollectorRegistry) -> None:
        ProcessCollector(registry=registry)
        self._registry = registry
        self._read_at = time.monotonic()
        self._cpu_seconds = self._value("process_cpu_seconds_total")

    def read_cpu(self) -> float:
        """Return the share of one core used since the last reading."""
        now, used = time.monotonic(), self._value("process_cpu_seconds_total")
        share = (used - self._cpu_seconds) / max(now - self._read_at, 1e-3)
        self._read_at, self._cpu_seconds = now, used
        return round(share, 3)

    def read_memory(self) -> int:
        """Return the resident memory in bytes."""
        return int(self._value("process_resident_memory_bytes"))

    def _value(self, name: str) -> float:
        return self._registry.get_sample_value(name) or 0.0
