"""Programs that pretend: each writes down how it was called and answers as it was told."""

from pathlib import Path


def pretend(folder: Path, name: str, answer: str = "", code: int = 0) -> Path:
    """Put a program `name` into `folder`; it logs its calls to `name`.log and prints `answer`."""
    program = folder / name
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder / name}.log\ncat <<"END"\n{answer}\nEND\nexit {code}\n')
    program.chmod(0o755)
    return program


def calls(folder: Path, name: str) -> list[str]:
    """How the program `name` was called so far."""
    log = folder / f"{name}.log"
    return log.read_text().splitlines() if log.exists() else []
