"""A real nats-server with JetStream for tests: one a session, or one that a test may kill and wipe."""

import json
import secrets
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import pytest

from tests.support.ports import free_port
from tests.support.secret import write_secret
from tests.support.waiting import eventually_sync

USERS = ("gateway", "worker")


@dataclass(frozen=True, slots=True)
class Membership:
    """A server's place in a cluster: the ports at which servers meet, its own first, and the passwords of all."""

    name: str
    routes: tuple[int, ...]
    passwords: Mapping[str, str]


class NatsServer:
    """One server with its store in `folder`, alone unless it has a membership; it keeps its ports over restarts."""

    def __init__(self, folder: Path, membership: Membership | None = None) -> None:
        self.port = free_port()
        self.monitoring_port = free_port()
        self._folder = folder
        self._store = folder / "jetstream"
        self._membership = membership
        self._passwords = membership.passwords if membership else make_passwords()
        self._process: subprocess.Popen[bytes] | None = None
        self._write_files()

    @property
    def url(self) -> str:
        """The address clients connect to, without user and password."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        assert self._process is not None, "nats-server is not running"
        return self._process.pid

    @property
    def log(self) -> str:
        """What the server has logged so far."""
        return (self._folder / "nats.log").read_text(errors="replace")

    def password(self, user: str) -> str:
        """The password of `user` ("gateway" or "worker")."""
        return self._passwords[user]

    def password_file(self, user: str) -> Path:
        """A file of mode 0600 that holds the password of `user`, as the configuration files want it."""
        return self._folder / f"nats-{user}"

    def start(self) -> None:
        """Start the server and return when JetStream is ready; it dies with the thread that started it."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start the server; the first of a cluster is not ready before the second."""
        with (self._folder / "nats.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*dies_with_us(), find_server(), "-c", self._folder / "nats.conf"], stdout=log, stderr=log
            )

    def wait(self) -> None:
        """Return when JetStream is ready."""
        eventually_sync(self._is_ready, within=15, what="the start of nats-server")

    def stop(self) -> None:
        """Stop the server in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the server with no chance to write anything out."""
        self._end(signal.SIGKILL)

    def wipe(self) -> None:
        """Remove every byte JetStream has stored; the server must be stopped or killed before."""
        assert self._process is None, "stop or kill the nats-server before its store is wiped"
        shutil.rmtree(self._store, ignore_errors=True)

    def _write_files(self) -> None:
        users = [{"user": user, "password": password} for user, password in self._passwords.items()]
        config = {
            "host": "127.0.0.1",
            "port": self.port,
            "http": f"127.0.0.1:{self.monitoring_port}",
            "server_name": "test",
            "jetstream": {"store_dir": str(self._store)},
            "authorization": {"users": users},
            **(self._meet(self._membership) if self._membership else {}),
        }
        write_secret(self._folder / "nats.conf", json.dumps(config))
        for user, password in self._passwords.items():
            write_secret(self.password_file(user), password)

    def _meet(self, membership: Membership) -> dict[str, object]:
        own, *others = membership.routes
        routes = [f"nats://127.0.0.1:{port}" for port in others]
        return {
            "server_name": membership.name,
            "cluster": {"name": "tests", "listen": f"127.0.0.1:{own}", "routes": routes},
        }

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"nats-server ended:\n{self.log}"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.monitoring_port}/healthz", timeout=1) as answer:
                ready: bool = answer.status == 200
                return ready
        except (URLError, TimeoutError, ConnectionError):
            return False

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        self._process.wait(15)
        self._process = None


def make_passwords() -> dict[str, str]:
    """Return a password for each user."""
    return {user: secrets.token_urlsafe(24) for user in USERS}


def make_cluster(folder: Path, size: int = 3) -> list[NatsServer]:
    """Return the servers of a cluster, which are to be launched together."""
    routes, passwords = [free_port() for _ in range(size)], make_passwords()
    servers = []
    for number in range(size):
        (home := folder / f"nats-{number}").mkdir()
        membership = Membership(f"nats-{number}", (*routes[number:], *routes[:number]), passwords)
        servers.append(NatsServer(home, membership))
    return servers


def find_server() -> Path:
    """The nats-server program of the wheel, beside the running Python."""
    path = Path(sys.executable).with_name("nats-server")
    assert path.exists(), f"{path} is missing: run make test, which installs it"
    return path


def dies_with_us() -> list[str]:
    """Words to put before a command so that it is killed when the tests are."""
    return ["setpriv", "--pdeathsig=KILL"] if shutil.which("setpriv") else []


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """The session's nats-server. Do not stop or wipe it: that is what `private_nats` is for."""
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def private_nats(tmp_path: Path) -> Iterator[NatsServer]:
    """A running nats-server of this test alone, to be killed, wiped and started again."""
    server = NatsServer(tmp_path)
    server.start()
    yield server
    server.stop()
