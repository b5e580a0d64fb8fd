"""The first process of a machine. It runs as a script, in new namespaces, with the machine's folder as its argument.

It gives the machine its own /run and /var, starts the components that the folder's machine.json names, starts each that
ends again, and reaps what is left to it. Killing it takes the whole machine down, as a loss of power would.

It imports nothing but the standard library, so that it depends on no path of ours.
"""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SECONDS_BEFORE_RESTART = 0.5

# A kubelet sets these for the whole kernel. Here it finds files in their place, and the host keeps its own.
KERNEL_SETTINGS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}


def main(folder: Path) -> None:
    """Be the first process of the machine in `folder`; does not return."""
    machine = json.loads((folder / "machine.json").read_text())
    socket.sethostname(machine["name"])
    lay_folders(folder, machine)
    pretend_kernel_settings()
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    supervise(machine["components"])


def lay_folders(folder: Path, machine: dict[str, Any]) -> None:
    """Mount a /run and a /var of the machine's own; programs, volumes and its folder are below /run/cluster."""
    run = folder / "run"
    run.mkdir(exist_ok=True)
    mount("-t", "tmpfs", "tmpfs", run)
    bound = {"machine": folder, "programs": Path(machine["programs"]), "volumes": Path(machine["volumes"])}
    for name, source in bound.items():
        target = run / "cluster" / name
        target.mkdir(parents=True)
        mount("--bind", source, target)
    for name in ("lib", "log", "tmp"):
        (folder / "var" / name).mkdir(parents=True, exist_ok=True)
    mount("--rbind", run, "/run")
    mount("--bind", "/run/cluster/machine/var", "/var")
    if not Path("/var/run").is_symlink():
        Path("/var/run").symlink_to("/run")
    mount("--make-rshared", "/")  # as kubelets want it; what is mounted here still never reaches the host


def pretend_kernel_settings() -> None:
    """Lay a file over each setting that only the host may change."""
    for name, value in KERNEL_SETTINGS.items():
        file = Path("/run/kernel") / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(value)
        mount("--bind", file, Path("/proc/sys") / name)


def supervise(components: dict[str, list[str]]) -> None:
    """Start every component and keep it running; reap every other child."""
    running = {start(name, words): name for name, words in components.items()}
    while True:
        pid, status = os.wait()
        if (name := running.pop(pid, None)) is not None:
            print(f"{name} ended with {os.waitstatus_to_exitcode(status)}: starting it again", flush=True)
            time.sleep(SECONDS_BEFORE_RESTART)
            running[start(name, components[name])] = name


def start(name: str, words: list[str]) -> int:
    """Start a component with a log file of its own, and return its process id."""
    with Path("/run/cluster/machine/log", f"{name}.log").open("ab") as log:
        return os.posix_spawnp(
            words[0],
            words,
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, log.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, log.fileno(), 2),
            ],
            setsid=True,
        )


def mount(*words: str | Path) -> None:
    """Call mount(8)."""
    subprocess.run(["mount", *words], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
