"""The command line, without starting anything."""

from pathlib import Path

import pytest

from notification_operator.__main__ import main

from .clusters import REPOSITORY


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "٣"])
def test_a_port_that_is_none_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["local", "demo.yaml", f"--port={port}"])
    assert end.value.code == 2
    assert "is not a port: it must be a whole number from 1 to 65535" in capsys.readouterr().err


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    assert "run a cluster on this machine, without Kubernetes" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_gives_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["local", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"notification-operator: {tmp_path}: Is a directory\n"


def test_the_crd_command_prints_what_is_committed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["crd"]) == 0
    assert capsys.readouterr().out == (REPOSITORY / "crds/notificationclusters.yaml").read_text()
