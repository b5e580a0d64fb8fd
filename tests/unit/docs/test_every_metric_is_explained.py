"""docs/metrics.md names every metric there is, and its alerts name no other."""

import re
from pathlib import Path

import yaml
from prometheus_client import Metric
from prometheus_client.registry import Collector

from notifications.adapters.prometheus.metrics import Metrics

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([a-z_]+)(?:\{([a-z_,]+)\})?` \| (counter|gauge|histogram) \|", TEXT, re.MULTILINE)
DOCUMENTED = {name: (kind, tuple(labels.split(",")) if labels else ()) for name, labels, kind in ROWS}
(RULES,) = [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)]
ALERTS = [rule for group in RULES["spec"]["groups"] for rule in group["rules"]]


def list_counted() -> dict[str, tuple[str, tuple[str, ...]]]:
    """What the registry of a process holds from the start."""
    collectors = Metrics().registry._collector_to_names
    return dict(_describe(collector, family) for collector in collectors for family in collector.collect())


def _describe(collector: Collector, family: Metric) -> tuple[str, tuple[str, tuple[str, ...]]]:
    name = f"{family.name}_total" if family.type == "counter" else family.name
    labels = getattr(collector, "_labelnames", ()) or getattr(family, "_labelnames", ())
    return name, (family.type, tuple(labels))


def list_watched() -> set[str]:
    """What processes add."""
    sources = (ROOT / "workloads/notifications").glob("*.py")
    return {name for path in sources for name in re.findall(r'\.watch\(\s*"([a-z_]+)"', path.read_text())}


def test_every_metric_that_is_counted_stands_in_the_table_with_its_type_and_labels() -> None:
    counted = list_counted()
    assert len(counted) > 15
    assert {name: DOCUMENTED.get(name) for name in counted} == counted


def test_every_gauge_that_is_watched_stands_in_the_table_and_nothing_else_does() -> None:
    watched = list_watched()
    assert {name for name, (kind, _) in DOCUMENTED.items() if kind == "gauge"} == watched
    assert DOCUMENTED.keys() == watched | list_counted().keys()


def test_alerts_ask_for_metrics_that_exist() -> None:
    known = DOCUMENTED.keys() | {f"{name}_bucket" for name, (kind, _) in DOCUMENTED.items() if kind == "histogram"}
    named = {name for rule in ALERTS for name in re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", rule["expr"])}
    assert named - {"histogram_quantile"} <= known
    assert named


def test_every_alert_says_what_to_do() -> None:
    assert all(rule["annotations"]["summary"] and rule["labels"]["severity"] for rule in ALERTS)
