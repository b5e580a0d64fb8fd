"""`.local/state.json`: which processes run now, and where; written on every change, absent when none runs."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ..machine import Machine
from ..topology import Process
from .replacement import replace_file


@dataclass(frozen=True, slots=True)
class Life:
    """A process, its id (None while it does not run) and how often it was started again."""

    process: Process
    pid: int | None
    restarts: int


class RecordedProcess(msgspec.Struct, frozen=True):
    """What an earlier run recorded of one process."""

    name: str
    pid: int | None


class _Recorded(msgspec.Struct, frozen=True):
    processes: tuple[RecordedProcess, ...] = ()
    nats: Mapping[str, Any] = msgspec.field(default_factory=dict)


def render_state(cluster: str, machine: Machine, lives: Iterable[Life]) -> dict[str, Any]:
    """Return the content of the file. Pure."""
    ports, places = machine.ports, machine.places
    by_name = {life.process.name: life for life in lives}
    nats, postgres = _render_server(by_name.pop("nats", None)), _render_server(by_name.pop("postgres", None))
    return {
        "name": cluster,
        "url": f"http://127.0.0.1:{ports.public}",
        "processes": [_render_workload(life) for life in by_name.values()],
        "nats": {**nats, "port": ports.nats, "monitoring": ports.monitoring, "store": str(places.nats)},
        "postgres": {**postgres, "port": ports.postgres, "data": str(places.postgres)},
    }


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Replace the file."""
    replace_file(path, json.dumps(state, indent=2) + "\n")


def read_recorded(path: Path) -> tuple[RecordedProcess, ...]:
    """Return the workloads and NATS of the run that wrote the file; none when it is absent or unreadable."""
    try:
        recorded = msgspec.json.decode(path.read_bytes(), type=_Recorded)
    except (FileNotFoundError, msgspec.DecodeError):
        return ()
    nats = recorded.nats.get("pid")
    return (*recorded.processes, RecordedProcess("nats", nats if isinstance(nats, int) else None))


def _render_workload(life: Life) -> dict[str, Any]:
    process = life.process
    return {
        "name": process.name,
        "role": process.role,
        "pid": life.pid,
        "management": process.management,
        "internal": process.internal,
        "log": str(process.log),
        "restarts": life.restarts,
    }


def _render_server(life: Life | None) -> dict[str, Any]:
    return {"pid": life.pid, "log": str(life.process.log), "restarts": life.restarts} if life else {}
