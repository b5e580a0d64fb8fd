"""Processor time, as Linux counts it in /proc, in seconds."""

import os
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")


def read_process(pid: int) -> float:
    """What a process has used, with its children that have ended; 0 for one that is gone."""
    fields = _stat(pid)
    return sum(map(int, fields[11:15])) * _TICK if fields else 0.0


def list_children(pid: int) -> list[int]:
    """The children that a process has now."""
    found = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [child for child in found if (fields := _stat(child)) and int(fields[1]) == pid]


def read_machine() -> tuple[float, float]:
    """What all processors have worked, and what the hypervisor took from them."""
    fields = [int(field) * _TICK for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    user, nice, system, _, _, irq, softirq, stolen = fields
    return user + nice + system + irq + softirq, stolen


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name: state, parent, ..., utime and so on from the eleventh."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
