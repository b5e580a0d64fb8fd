"""Events queued for sockets, hundreds of thousands a second: added up in plain numbers, shown when scraped.

The counters of prometheus-client take a lock for each step, which costs a third of what the rest of sending does.
"""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

_SIZES: Final = (128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 16_384.0, 65_536.0)
_TEXT: Final = "Events queued for sockets."
_MOST: Final = 200
_OTHER: Final = "other"


class Traffic(Collector):
    """Counted by size, and by name: callers choose some, which become `other` beyond the first so many."""

    def __init__(self) -> None:
        self._events: dict[str, int] = {}
        self._sizes = [0] * (len(_SIZES) + 1)
        self._bytes = 0

    def count(self, event: str, size: int) -> None:
        """Count an event of so many bytes."""
        try:
            self._events[event] += 1
        except KeyError:
            known = event if len(self._events) < _MOST else _OTHER
            self._events[known] = self._events.get(known, 0) + 1
        self._sizes[bisect_left(_SIZES, size)] += 1
        self._bytes += size

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics: the registry calls."""
        sent = CounterMetricFamily("websocket_messages_sent", _TEXT, labels=["event_type"])
        for event, count in self._events.items():
            sent.add_metric([event], count)
        yield sent
        names = [*map(str, _SIZES), "+Inf"]
        buckets = [(name, float(count)) for name, count in zip(names, accumulate(self._sizes), strict=True)]
        yield HistogramMetricFamily("websocket_message_size_bytes", _TEXT, buckets=buckets, sum_value=self._bytes)
