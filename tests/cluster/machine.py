"""Start a machine, enter it, and kill it as a loss of power would.

A machine is found by its network namespace, never by a file with a process id: so it can be killed after any crash.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from tests.cluster import cache, cgroups, network, suites
from tests.cluster.command import run
from tests.cluster.errors import CommandFailed
from tests.cluster.requirement import SYSTEM_PATH
from tests.cluster.shape import PROGRAMS, Machine, Shape
from tests.cluster.waiting import wait_until

INIT = Path(__file__).with_name("init.py")
Components = Mapping[str, Sequence[str]]


def start(shape: Shape, machine: Machine, components: Components) -> None:
    """Start `machine` with `components`, commands by name that are kept running."""
    (machine.folder / "log").mkdir(parents=True, exist_ok=True)
    description = {
        "name": machine.name,
        "programs": str(cache.folder("programs")),
        "volumes": str(shape.volumes),
        "components": components,
    }
    (machine.folder / "machine.json").write_text(json.dumps(description))
    network.attach(shape, machine)
    cgroups.make(machine.cgroup)
    power_on(machine)


def power_on(machine: Machine) -> None:
    """Start the first process of `machine`, in namespaces of its own and a child of nobody here."""
    enter = ["setsid", "--fork", "nsenter", f"--net=/run/netns/{machine.namespace}"]
    isolate = ["unshare", "--mount", "--pid", "--uts", "--fork", "--kill-child", "--mount-proc"]
    init = [sys.executable, "-I", str(INIT), str(machine.folder)]
    with (machine.folder / "log" / "init.log").open("ab") as log:
        subprocess.run(
            [*enter, *isolate, *init], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(), check=True
        )


def kill(machine: Machine) -> None:
    """Kill every process of `machine` and remove its network; nothing of it gets a chance to end in order.

    The network goes first, since the kernel says goodbye on behalf of a dead process, which no loss of power does.
    """
    network.unplug(machine)
    wait_until(lambda: not kill_processes(machine), within=20, what=f"the end of {machine.name}")
    network.detach(machine)
    # A kubelet that finds cgroups of dead containers asks for each of them, three seconds long
    cgroups.remove(machine.cgroup)


def kill_processes(machine: Machine) -> set[int]:
    """Kill the processes of `machine`, and return which there were."""
    found = cgroups.processes(machine.cgroup)
    if machine.namespace in network.namespaces():
        found |= set(map(int, run(["ip", "netns", "pids", machine.namespace]).split()))
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return found


def call(machine: Machine, words: Sequence[str], source: IO[bytes] | None = None) -> str:
    """Run a command inside `machine`, with the file `source` as its input, and return what it printed."""
    enter = ["nsenter", "--target", str(find_init(machine)), "--mount", "--pid", "--net", "--uts"]
    return run([*enter, *words], source=source, env=environment())


def find_init(machine: Machine) -> int:
    """This host's id of the first process of `machine`."""
    for pid in run(["ip", "netns", "pids", machine.namespace]).split():
        status = Path("/proc", pid, "status").read_text()
        if re.search(r"^NSpid:\s+\d+\s+1$", status, re.M):
            return int(pid)
    raise CommandFailed(f"{machine.name} does not run")


def environment() -> dict[str, str]:
    """What processes in machines get: where programs are, and nothing of ours."""
    programs = (PROGRAMS / suite.key for suite in suites.of_machines())
    return {"PATH": ":".join([*map(str, programs), *SYSTEM_PATH])}
