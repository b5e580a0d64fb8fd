"""Node.js and the official socket.io-client, for tests that drive the gateways as a browser would."""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

OLDEST = 18
PROJECT = Path(__file__).parents[1] / "node"


@dataclass(frozen=True, slots=True)
class Node:
    """Runs the scripts of tests/node; a script gets its input as one JSON argument and prints JSON lines."""

    program: str

    def run(self, script: str, argument: object = None, *, within: float = 60.0) -> list[Any]:
        """Run `script` to its end and return the values it printed; AssertionError with its stderr if it failed."""
        done = subprocess.run(
            self._command(script, argument), cwd=PROJECT, capture_output=True, text=True, timeout=within, check=False
        )
        assert done.returncode == 0, f"{script} ended with {done.returncode}:\n{done.stderr}"
        return [json.loads(line) for line in done.stdout.splitlines()]

    async def start(self, script: str, argument: object = None) -> Process:
        """Start `script` with pipes on stdin, stdout and stderr; the caller ends it."""
        return await create_subprocess_exec(
            *self._command(script, argument), cwd=PROJECT, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )

    def _command(self, script: str, argument: object) -> list[str]:
        return [self.program, script, json.dumps(argument)]


@pytest.fixture(scope="session")
def node() -> Node:
    """Node.js with the client installed; the test is skipped, with the reason, where there is none."""
    program = shutil.which("node")
    if program is None or major_version(program) < OLDEST:
        pytest.skip(f"Node.js {OLDEST}+ is not installed")
    with alone_in(PROJECT):
        install_client()
    return Node(program)


def major_version(program: str) -> int:
    """The major version of a `node` program."""
    printed = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.match(r"v(\d+)", printed)
    return int(found[1]) if found else 0


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other processes that ask for the same out of `folder`: the tests run in two."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def install_client() -> None:
    """Install the official client; the test is skipped, with the reason, where it cannot be."""
    if reason := install(PROJECT):
        pytest.skip(reason)


def install(project: Path) -> str | None:
    """Install what a package-lock.json names, unless that very lock is installed already; return why it failed."""
    lock = hashlib.sha256((project / "package-lock.json").read_bytes()).hexdigest()
    stamp = project / "node_modules" / ".installed"
    if stamp.exists() and stamp.read_text() == lock:
        return None
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed, so nothing of its registry can be"
    done = subprocess.run(
        [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=project,
        env={**os.environ, "NPM_CONFIG_UPDATE_NOTIFIER": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        return f"npm ci failed in {project}: {done.stderr.strip().splitlines()[-1]}"
    stamp.write_text(lock)
    return None
