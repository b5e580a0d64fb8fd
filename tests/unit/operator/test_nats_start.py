"""A NATS server keeps its name as long as it keeps its volume, and never takes the name of one that lost it."""

import os
import subprocess
from pathlib import Path

from .clusters import derive
from .manifests import list_pods, render_cluster


def start(store: Path, programs: Path) -> str:
    """Run what the pod runs, on this store, and return the name under which the server would start."""
    (container,) = list_pods(render_cluster(derive()))["StatefulSet demo-nats"]["spec"]["containers"]
    command = [argument.replace("/data", str(store)) for argument in container["command"]]
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "POD_NAME": "demo-nats-0"}
    started = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=True)
    return started.stdout.split("--name ")[1].strip()


def make_store(folder: Path) -> Path:
    folder.mkdir()
    return folder


def make_programs(folder: Path) -> Path:
    program = make_store(folder) / "nats-server"
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    return folder


def test_the_name_stays_with_the_volume(tmp_path: Path) -> None:
    programs, store = make_programs(tmp_path / "bin"), make_store(tmp_path / "store")
    name = start(store, programs)
    assert name.startswith("demo-nats-0-")
    assert len(name) == len("demo-nats-0-") + 8
    assert start(store, programs) == name


def test_another_volume_gives_another_name(tmp_path: Path) -> None:
    programs = make_programs(tmp_path / "bin")
    first, second = (start(make_store(tmp_path / store), programs) for store in ("first", "second"))
    assert first != second


def test_a_suffix_that_was_not_written_to_its_end_is_made_anew(tmp_path: Path) -> None:
    programs, store = make_programs(tmp_path / "bin"), make_store(tmp_path / "store")
    (store / "server-suffix").touch()
    (store / "server-suffix.new").write_text("12")
    assert len(start(store, programs)) == len("demo-nats-0-") + 8
