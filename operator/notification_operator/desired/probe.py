"""Probes of a container: how Kubernetes learns that it started, may get traffic, and lives."""

from typing import Any

_STARTS_WITHIN = 900  # seconds, in which a large store is recovered, or what is needed starts


def render_http_probes(port: str, *, started: str, ready: str, alive: str) -> dict[str, Any]:
    """Return the three probes, each a path on the port of that name."""
    return {
        "startupProbe": {**_get(port, started), "periodSeconds": 2, "failureThreshold": _STARTS_WITHIN // 2},
        "readinessProbe": {**_get(port, ready), "periodSeconds": 2, "failureThreshold": 2},
        "livenessProbe": {**_get(port, alive), "periodSeconds": 10, "failureThreshold": 3},
    }


def render_tcp_probes(port: str) -> dict[str, Any]:
    """Return the three probes of a server that speaks no HTTP: its port accepts."""
    accepts = {"tcpSocket": {"port": port}, "timeoutSeconds": 5}
    return {
        "startupProbe": {**accepts, "periodSeconds": 2, "failureThreshold": _STARTS_WITHIN // 2},
        "readinessProbe": {**accepts, "periodSeconds": 2, "failureThreshold": 2},
        "livenessProbe": {**accepts, "periodSeconds": 10, "failureThreshold": 6},
    }


def _get(port: str, path: str) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": port, "scheme": "HTTP"}, "timeoutSeconds": 5}
