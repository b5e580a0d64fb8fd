"""The entry of the PostgreSQL image: makes a database once, and lets in the workloads' role and nobody else."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from images.recipe import ROOT
from tests.support.account import dropped, give_away
from tests.support.ports import free_port
from tests.support.postgres import find_binaries
from tests.support.secret import write_secret
from tests.support.waiting import eventually_sync

SCRIPT = ROOT / "images" / "postgres" / "start"
# In a container the entry has the same process id in every life, so that the lock file of a killed server names it.
AS_IN_A_CONTAINER = """\
if [ -e "$PGDATA/postmaster.pid" ]; then sed -i "1s/.*/$$/" "$PGDATA/postmaster.pid"; fi
exec sh "$0"
"""


class Container:
    """What the image runs, with a volume of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, password: str, **changes: str) -> subprocess.Popen[bytes]:
        """Start it with this password, and changes of the environment that its pods have."""
        file = self.folder / "password"
        write_secret(file, password)
        give_away(file)
        environment = {
            "PATH": f"{find_binaries()}:{os.environ['PATH']}",
            "PGDATA": str(self.folder / "data"),
            "PGPORT": str(self.port),
            "POSTGRES_USER": "notifications",
            "POSTGRES_DB": "notifications",
            "POSTGRES_PASSWORD_FILE": str(file),
        }
        words = [*dropped(self.folder, find_binaries(), SCRIPT), "sh", "-c", AS_IN_A_CONTAINER, str(SCRIPT)]
        with (self.folder.parent / "log").open("wb") as log:
            self._process = subprocess.Popen(
                words, env={**environment, **changes}, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT
            )
        return self._process

    def end(self, number: signal.Signals = signal.SIGINT) -> int | None:
        """Send the image's stop signal, or another, and return the exit code."""
        if self._process is None:
            return None
        self._process.send_signal(number)
        return self._process.wait(timeout=30)

    def ask(self, sql: str, password: str, user: str = "notifications") -> str | None:
        """What `sql` answers; None when there is no answer."""
        words = [
            str(find_binaries() / "psql"),
            "-XAtqw",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-U",
            user,
            "-c",
            sql,
        ]
        done = subprocess.run(
            [*words, "notifications"], env={"PGPASSWORD": password}, capture_output=True, text=True, check=False
        )
        return done.stdout.strip() if done.returncode == 0 else None

    def wait(self, password: str) -> None:
        """Return when it answers."""
        eventually_sync(lambda: self.ask("select 1", password), within=30, what="an answer of PostgreSQL")

    @property
    def log(self) -> str:
        """What it printed since its last start."""
        return (self.folder.parent / "log").read_text(errors="replace")


@pytest.fixture
def make_container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Container]]:
    """Makes containers, which end with the test."""
    made = []

    def make() -> Container:
        folder = tmp_path_factory.mktemp("container") / "volume"
        folder.mkdir()
        give_away(folder)
        made.append(Container(folder))
        return made[-1]

    yield make
    for container in made:
        container.end(signal.SIGKILL)


def test_the_role_of_the_workloads_owns_its_database_and_is_no_superuser(
    make_container: Callable[[], Container],
) -> None:
    container = make_container()
    container.start("first")
    container.wait("first")
    assert container.ask("create table t (i int)", "first") == ""
    assert container.ask("select rolsuper from pg_roles where rolname = current_user", "first") == "f"


def test_nobody_else_gets_in(make_container: Callable[[], Container]) -> None:
    container = make_container()
    container.start("first")
    container.wait("first")
    assert container.ask("select 1", "wrong") is None
    assert container.ask("select 1", "first", user="postgres") is None


def test_the_data_survive_a_kill_and_the_password_is_that_of_the_secret(
    make_container: Callable[[], Container],
) -> None:
    container = make_container()
    container.start("first")
    container.wait("first")
    container.ask("create table t as select 42 as i", "first")
    container.end(signal.SIGKILL)
    # The killed server's children let go of its shared memory a moment later; until then a start is refused.
    eventually_sync(lambda: starts(container, "it's another"), within=30, what="the start after a kill")
    assert container.ask("select i from t", "it's another") == "42"
    assert container.ask("select 1", "first") is None


def test_a_database_that_was_not_finished_is_made_anew(make_container: Callable[[], Container]) -> None:
    container = make_container()
    unfinished = container.folder / "data.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    give_away(unfinished, unfinished / "PG_VERSION")
    container.start("first")
    container.wait("first")
    assert not unfinished.exists()


def test_the_stop_signal_of_the_image_does_not_wait_for_clients(make_container: Callable[[], Container]) -> None:
    container = make_container()
    container.start("first")
    container.wait("first")
    assert "\nSTOPSIGNAL SIGINT\n" in (SCRIPT.parent / "Dockerfile").read_text()
    assert container.end() == 0


def test_the_password_is_never_logged(make_container: Callable[[], Container]) -> None:
    container = make_container()
    container.start("only-in-the-file")
    container.wait("only-in-the-file")
    assert "only-in-the-file" not in container.log


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"PGDATA": ""}, "PGDATA is not set"),
        ({"POSTGRES_USER": 'x" superuser'}, "POSTGRES_USER and POSTGRES_DB may have"),
        ({"POSTGRES_PASSWORD_FILE": "/nowhere"}, "/nowhere cannot be read"),
    ],
)
def test_a_wrong_setting_is_named(
    make_container: Callable[[], Container], changes: dict[str, str], complaint: str
) -> None:
    container = make_container()
    assert container.start("first", **changes).wait(timeout=30) == 2
    [line] = container.log.splitlines()
    assert line.startswith("start-postgres: ")
    assert complaint in line


def starts(container: Container, password: str) -> bool:
    """Start it; whether it answers before it gives up."""
    process = container.start(password)
    eventually_sync(lambda: container.ask("select 1", password) or process.poll() is not None, within=30)
    return process.poll() is None
