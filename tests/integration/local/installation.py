"""An installation of the operator whose workloads are a stand-in, and runs of it as a user would start them."""

import asyncio
import json
import os
import shutil
import signal
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import notification_operator
from tests.support.ports import free_port
from tests.support.waiting import eventually

REPOSITORY = Path(__file__).parents[3]
DEMO = REPOSITORY / "crds/samples/demo.yaml"
FAKE = Path(__file__).with_name("fake_workloads.py")
LAST_LINE = "Ctrl-C drains and stops."


@dataclass(frozen=True, slots=True)
class Installation:
    """A folder with `bin/`, in which the operator finds its programs, and a folder to run in."""

    home: Path
    packages: tuple[Path, ...] = ()

    @property
    def python(self) -> Path:
        return self.home / "bin/python"

    @property
    def work(self) -> Path:
        return self.home / "work"

    @property
    def data(self) -> Path:
        return self.work / ".local"

    def behave(self, behaviour: Mapping[str, Any]) -> None:
        """Make the stand-in act as its docstring says."""
        (self.home / "bin/behaviour.json").write_text(json.dumps(behaviour))

    def state(self) -> dict[str, Any]:
        """What the running cluster says of itself; empty while none runs."""
        file = self.data / "state.json"
        return dict(json.loads(file.read_text())) if file.exists() else {}

    def pids(self) -> dict[str, int]:
        """The processes that run, by name."""
        state = self.state()
        servers = {name: state.get(name, {}).get("pid") for name in ("postgres", "nats")}
        workloads = {process["name"]: process["pid"] for process in state.get("processes", ())}
        return {name: pid for name, pid in {**servers, **workloads}.items() if pid}

    def last_words(self, name: str) -> str:
        """The log of one process."""
        return (self.data / f"log/{name}.log").read_text()


def install(home: Path) -> Installation:
    """Lay out an installation in `home`: our Python, the stand-in, and NATS's wheel."""
    (home / "bin").mkdir(parents=True)
    (home / "work").mkdir()
    python = home / "bin/python"
    python.symlink_to(sys.executable)
    (home / "bin/nats-server").symlink_to(Path(sysconfig.get_path("scripts")) / "nats-server")
    fake = home / "bin/notifications"
    fake.write_text(f"#!{python}\n{FAKE.read_text()}")
    fake.chmod(0o755)
    return Installation(home)


@dataclass(slots=True)
class Run:
    """One `notification-operator local`, from start to end; use it as a context so that nothing outlives a test.

    `prefix` is put before the command, to start it with other rights.
    """

    installation: Installation
    file: Path = DEMO
    prefix: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    lines: list[str] = field(default_factory=list)
    complaints: str = ""
    process: asyncio.subprocess.Process | None = None
    reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Run":
        self.process = await asyncio.create_subprocess_exec(
            *(*self.prefix, str(self.installation.python), "-m", "notification_operator", "local", str(self.file)),
            *("--port", str(self.port)),
            cwd=self.installation.work,
            env=_environment(self.installation),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        self.reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.process
        assert self.reader
        if self.process.returncode is None:
            self.send(signal.SIGTERM)
            try:
                async with asyncio.timeout(30):
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
        await self.reader

    @property
    def text(self) -> str:
        """Everything that was printed so far."""
        return "\n".join(self.lines)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the operator alone, as `kill` does."""
        assert self.process
        os.kill(self.process.pid, number)

    async def ready(self) -> None:
        """Wait for the last line of the final block."""
        await self.said(LAST_LINE)

    async def said(self, text: str, within: float = 30.0) -> None:
        """Wait for a line that holds `text`."""
        assert self.process

        def heard() -> bool:
            assert self.process
            ended = self.process.returncode is not None
            assert not ended or text in self.text, f"it ended without saying {text!r}: {self.text}\n{self.complaints}"
            return text in self.text

        await eventually(heard, within=within, what=f"the line {text!r}")

    async def end(self, within: float = 30.0) -> int:
        """Wait for the end and return the exit code."""
        assert self.process
        assert self.reader
        async with asyncio.timeout(within):
            await self.reader
            return await self.process.wait()

    async def _read(self) -> None:
        assert self.process
        assert self.process.stdout
        assert self.process.stderr
        complaints = asyncio.create_task(self.process.stderr.read())
        async for line in self.process.stdout:
            self.lines.append(line.decode().rstrip("\n"))
        self.complaints = (await complaints).decode()


def _environment(installation: Installation) -> dict[str, str]:
    operator = Path(notification_operator.__file__).parents[1]
    packages = (*installation.packages, operator, Path(sysconfig.get_path("purelib")))
    system_path = os.pathsep.join(
        folder
        for folder in os.environ["PATH"].split(os.pathsep)
        if not (Path(folder) / "nats-server").exists() and not (Path(folder) / "notifications").exists()
    )
    setpriv = shutil.which("setpriv")
    assert setpriv is None or Path(setpriv).parent.as_posix() in system_path
    return {"PATH": system_path, "PYTHONPATH": os.pathsep.join(map(str, packages)), "HOME": str(installation.home)}
