"""Which processes run on this machine, and who started them."""

from pathlib import Path

PROC = Path("/proc")


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent does not."""
    state, _ = _read(pid)
    return state != "Z"


def find_children(pid: int) -> list[int]:
    """The processes whose parent is `pid`."""
    everybody = (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())
    return [each for each in everybody if _read(each)[1] == pid]


def _read(pid: int) -> tuple[str, int]:
    """The state and the parent of a process; of one that is gone, those of a zombie without a parent."""
    try:
        state, parent = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return "Z", 0
    return state, int(parent)
