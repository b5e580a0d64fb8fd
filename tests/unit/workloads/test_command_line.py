"""Whoever makes a mistake at the command line is told so in one line, with exit code 2 and without a traceback."""

import json
import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifications import lifecycle
from notifications.__main__ import main


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    """The commands set up logging for a process of their own."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def write_config(folder: Path, role: str, **changes: object) -> Path:
    (folder / "key").write_text("a secret of more than 32 bytes for the tests")
    (folder / "uri").write_text("postgresql://postgres@127.0.0.1:1/absent")
    (folder / "password").write_text("secret")
    key = {"id": "demo", "algorithm": "HS256", "file": str(folder / "key")}
    document: dict[str, object] = {
        "role": role,
        "postgres": {"uriFile": str(folder / "uri")},
        "nats": {"servers": ["nats://127.0.0.1:1"], "user": role, "passwordFile": str(folder / "password")},
        **({"auth": {"issuer": "us", "audience": "us", "keys": [key]}} if role == "gateway" else {}),
        **changes,
    }
    path = folder / f"{role}.json"
    path.write_text(json.dumps(document))
    return path


def words(command: str, config: Path) -> list[str]:
    named = [] if command == "setup" else ["--id", f"{command}-0"]
    return [command, "--config", str(config), *named]


@pytest.mark.parametrize("command", ["setup", "gateway", "worker"])
def test_a_missing_configuration_is_told_in_one_line(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(command, tmp_path / "absent.json")) == 2
    line = f"notifications: the configuration {tmp_path}/absent.json cannot be read: No such file or directory\n"
    assert capsys.readouterr().err == line


@pytest.mark.parametrize(("command", "role"), [("setup", "worker"), ("gateway", "gateway"), ("worker", "worker")])
@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"typo": 1}, "unknown field `typo`"),
        ({"postgres": {"uriFile": "/absent/uri"}}, "the secret /absent/uri cannot be read"),
        ({"postgres": {}}, "missing required field `uriFile`"),
    ],
    ids=["an unknown field", "a missing secret", "a missing field"],
)
def test_a_wrong_configuration_is_told_in_one_line(
    command: str, role: str, changes: dict[str, object], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(command, write_config(tmp_path, role, **changes))) == 2
    line = capsys.readouterr().err
    assert line.startswith("notifications: ")
    assert told in line
    assert line.count("\n") == 1


def test_a_uri_that_cannot_be_understood_is_told_and_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_config(tmp_path, "worker")
    (tmp_path / "uri").write_text("mysql://user:hunter2@host/db")
    assert main(words("worker", config)) == 2
    line = capsys.readouterr().err
    assert "PostgreSQL URI" in line
    assert "hunter2" not in line


def test_a_database_that_is_away_is_no_mistake_of_the_user(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "START_WITHIN", 0.0)
    with socket.socket() as silent:  # bound, and listening to nobody
        silent.bind(("127.0.0.1", 0))
        config = write_config(tmp_path, "worker")
        (tmp_path / "uri").write_text(f"postgresql://postgres@127.0.0.1:{silent.getsockname()[1]}/absent")
        assert main(words("worker", config)) == 1
    assert capsys.readouterr().err.startswith("notifications: no connection to the database")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["serve"],
        ["gateway"],
        ["gateway", "--config", "x"],
        ["gateway", "--config", "x", "--id", "g~1"],
        ["worker", "--config", "x", "--id", ""],
        ["gateway", "--config", "x", "--id", "g", "--port", "web"],
        ["gateway", "--config", "x", "--id", "g", "--port", "65536"],
        ["gateway", "--config", "x", "--id", "g", "--port", "-1"],
        ["gateway", "--config", "x", "--id", "g", "--internal-port", "99999"],
        ["worker", "--config", "x", "--id", "w", "--management-port", "1e3"],
        ["worker", "--config", "x", "--id", "w", "--port", "8080"],
        ["setup"],
        ["token"],
    ],
    ids=" ".join,
)
def test_wrong_arguments_end_with_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "usage: notifications" in capsys.readouterr().err


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    told = capsys.readouterr().out
    assert all(command in told for command in ("gateway", "worker", "setup", "token", "dead-letters"))


def test_a_real_process_ends_the_same_way(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "notifications", *words("gateway", tmp_path / "absent.json")],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("notifications: the configuration")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
