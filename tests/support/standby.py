"""A PostgreSQL that follows another by streaming replication."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.account import give_away
from tests.support.postgres import Postgres
from tests.support.secret import write_secret
from tests.support.waiting import eventually_sync


class Standby(Postgres):
    """A hot standby of `primary`, with the same databases and password."""

    def __init__(self, folder: Path, primary: Postgres) -> None:
        self._primary = primary
        super().__init__(folder)

    def pause(self) -> None:
        """Receive, but replay nothing more."""
        self.execute("SELECT pg_wal_replay_pause()")
        eventually_sync(
            lambda: self.execute("SELECT pg_get_wal_replay_pause_state()") == "paused", what="a replay that pauses"
        )

    def resume(self) -> None:
        """Replay again."""
        self.execute("SELECT pg_wal_replay_resume()")

    def _initialise(self) -> None:
        self._password = self._primary._password
        write_secret(self._passwords, f"127.0.0.1:*:*:postgres:{self._password}\n")
        give_away(self._folder, self._passwords)
        source = f"host=127.0.0.1 port={self._primary.port} user=postgres passfile={self._passwords}"
        command = [str(self._binaries / "pg_basebackup"), "-D", str(self._data), "-d", source]
        done = subprocess.run(
            [*self._dropped(), *command, "--write-recovery-conf", "--checkpoint=fast", "--no-sync"],
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"pg_basebackup failed: {done.stderr.strip()}"


@contextmanager
def run_standby(primary: Postgres) -> Iterator[Standby]:
    """Start a standby of what `primary` holds now, and kill it at the end."""
    with tempfile.TemporaryDirectory(prefix="standby-") as folder:
        standby = Standby(Path(folder), primary)
        standby.start()
        try:
            yield standby
        finally:
            standby.kill()
