"""The processes that render templates, as the kernel lists them."""

import os


def list_children() -> list[str]:
    """The processes of this one that render templates, by /proc."""
    tasks = f"/proc/{os.getpid()}/task"
    children = [child for task in os.listdir(tasks) for child in read(f"{tasks}/{task}/children").split()]
    return [child for child in children if "templates.sandbox" in read(f"/proc/{child}/cmdline")]


def read(path: str) -> str:
    """A file of /proc; empty when what it tells of has ended."""
    try:
        with open(path) as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""
