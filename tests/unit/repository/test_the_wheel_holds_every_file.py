"""Files that are not Python are installed as well: pages, templates, the schema."""

import subprocess
import sys
import zipfile
from pathlib import Path

WORKLOADS = Path(__file__).parents[3] / "workloads"


def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=WORKLOADS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [wheel] = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("notifications/")}
    files = [path for path in (WORKLOADS / "notifications").rglob("*") if path.is_file()]
    assert packed == {str(path.relative_to(WORKLOADS)) for path in files if "__pycache__" not in path.parts}
    adapters = "notifications/adapters"
    assert packed >= {f"{adapters}/http/demo/index.html", f"{adapters}/templates/sources/single.email.html"}
