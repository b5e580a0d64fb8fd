"""PostgreSQL's data folder: made once, whole or not at all, with a role for the workloads that is no superuser.

The superuser has no password and there is no socket, so nobody can log in as such; what needs one is done in the
single-user mode, while no server runs.
"""

import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import StartFailed, Unusable
from ..machine import Machine
from ..topology import DATABASE, DATABASE_ROLE
from .account import Account
from .folder import show_path
from .launcher import Launcher
from .log_tail import read_last_words
from .one_shot import run_logged
from .progress import Progress, reminding
from .secret_files import DatabasePassword

_CREATE = f"""\
CREATE ROLE {DATABASE_ROLE} LOGIN PASSWORD '{{password}}'
CREATE DATABASE {DATABASE} OWNER {DATABASE_ROLE}
"""
_CHANGE_PASSWORD = f"""\
ALTER ROLE {DATABASE_ROLE} PASSWORD '{{password}}'
"""


@dataclass(frozen=True, slots=True)
class Engine:
    """PostgreSQL's programs on this machine, the account they run under, and how they are started."""

    machine: Machine
    account: Account
    launcher: Launcher

    async def run(self, command: Sequence[str], stdin: str = "") -> None:
        """Run one of the programs to its end; raise StartFailed when it fails."""
        log = self.machine.places.log("postgres")
        wrapped = self.launcher.wrap(command, signal.SIGTERM, self.account.flags)
        outcome = await run_logged(wrapped, log, stdin.encode())
        if outcome.code:
            raise StartFailed(
                f"{Path(command[0]).name} failed with exit code {outcome.code}: {read_last_words(log)}; "
                f"see {show_path(log)}"
            )


async def ensure_database(engine: Engine, password: DatabasePassword, progress: Progress) -> None:
    """Make the data folder if it is absent, and let the workloads' role log in with `password`.

    Raises Unusable when the folder belongs to another account. No server may be running on it.
    """
    data = engine.machine.places.postgres
    if not data.exists():
        progress.step("postgres", f"making a new database in {show_path(data)}")
        async with reminding(progress, "postgres", lambda: "initdb writes the first files"):
            await _make_database(engine, data, password.text)
        return
    _require_owner(data, engine.account)
    if password.new:
        await _administer(engine, data, _CHANGE_PASSWORD, password.text)


async def _make_database(engine: Engine, data: Path, password: str) -> None:
    unfinished = data.with_name(f"{data.name}.new")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(mode=0o700)
    engine.account.own(unfinished)
    await engine.run(
        (
            str(engine.machine.programs.initdb),
            *("-D", str(unfinished), "--username=postgres", "--encoding=UTF8", "--no-locale"),
            *("--auth-local=reject", "--auth-host=scram-sha-256", "--no-instructions"),
        )
    )
    await _administer(engine, unfinished, _CREATE, password)
    unfinished.rename(data)


async def _administer(engine: Engine, data: Path, statements: str, password: str) -> None:
    # A statement that fails must fail the run, and must not be logged: it holds the password.
    settings = ("-c", "exit_on_error=on", "-c", "log_min_error_statement=panic")
    command = (str(engine.machine.programs.postgres), "--single", "-D", str(data), *settings, "postgres")
    await engine.run(command, statements.format(password=password.replace("'", "''")))


def _require_owner(data: Path, account: Account) -> None:
    owner = data.stat().st_uid
    if owner != account.uid:
        raise Unusable(
            f"{show_path(data)} belongs to another account (user id {owner}, not {account.uid}): "
            f"run as the one that made it, or remove {show_path(data.parent)}"
        )
