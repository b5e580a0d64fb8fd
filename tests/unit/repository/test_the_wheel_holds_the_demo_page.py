"""Files that are not Python are installed as well."""

import subprocess
import sys
import zipfile
from pathlib import Path

WORKLOADS = Path(__file__).parents[3] / "workloads"
PAGE = "notifications/adapters/http/demo"


def test_the_wheel_holds_every_file_of_the_demo_page(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=WORKLOADS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [wheel] = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith(f"{PAGE}/")}
    assert packed == {f"{PAGE}/{file.name}" for file in (WORKLOADS / PAGE).iterdir()}
    assert f"{PAGE}/index.html" in packed
