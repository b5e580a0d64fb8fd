"""The workflow of the hosted runners, which nobody can run at home, has at least no mistake that its linter finds."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

LINTER = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
WORKFLOWS = Path(__file__).parents[3] / ".github" / "workflows"


@pytest.fixture(scope="module")
def linter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("linter")
    if shutil.which("go") is None:
        pytest.skip("go is not installed, and the linter of workflows is built by it")
    command = ["go", "install", LINTER]
    done = subprocess.run(
        command, env={**os.environ, "GOBIN": str(folder)}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"the linter of workflows could not be built: {done.stderr.strip().splitlines()[-1]}")
    return folder / "actionlint"


def lint(linter: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([linter, *files], capture_output=True, text=True, check=False)


def test_the_linter_finds_no_mistake_in_a_workflow(linter: Path) -> None:
    done = lint(linter, *WORKFLOWS.glob("*.yaml"))

    assert done.returncode == 0, done.stdout


def test_the_linter_finds_a_mistake_that_is_there(linter: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text((WORKFLOWS / "ci.yaml").read_text().replace("timeout-minutes", "timeout"))

    assert 'unexpected key "timeout"' in lint(linter, wrong).stdout
