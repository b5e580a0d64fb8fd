"""`down` leaves this host as it was, after an orderly life, a crash or a start that failed."""

import os
import shutil
import signal
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from tests.cluster.choice import choose_cluster
from tests.cluster.command import run
from tests.cluster.errors import CannotRun, ClusterError
from tests.cluster.machine import find_init
from tests.cluster.namespaces import Namespaces
from tests.cluster.network import namespaces
from tests.cluster.progress import Progress
from tests.cluster.shape import Shape
from tests.support.waiting import eventually_sync

SPARE = Shape(name="spare", count=1, network=IPv4Network("172.30.254.0/24"))
SETTINGS = ("vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops", "net/ipv4/ip_forward")

MOUNTED = ("netns", "kubelet", "containerd", SPARE.folder.parent.name, SPARE.prefix)


@pytest.fixture
def spare() -> Iterator[Namespaces]:
    """A second cluster, of one node, beside the one that the other tests use."""
    try:
        chosen = choose_cluster()
    except CannotRun as error:
        pytest.skip(str(error))
    if not isinstance(chosen, Namespaces):
        pytest.skip("only a cluster of namespaces can leave anything on this host")
    cluster = Namespaces(SPARE)
    cluster.down(Progress())
    yield cluster
    cluster.down(Progress())


def test_a_cluster_that_ran_leaves_nothing(spare: Namespaces) -> None:
    before = survey()
    spare.up(Progress())
    assert survey() != before
    spare.down(Progress())
    wait_for(before)


def test_a_cluster_whose_processes_were_killed_leaves_nothing(spare: Namespaces) -> None:
    before = survey()
    spare.up(Progress())
    for machine in SPARE.machines:
        os.kill(find_init(machine), signal.SIGKILL)
    shutil.rmtree(SPARE.kubeconfig.parent / "node-0" / "cni")
    spare.down(Progress())
    wait_for(before)


def test_a_cluster_that_could_not_start_leaves_nothing_that_runs(
    spare: Namespaces, capfd: pytest.CaptureFixture[str]
) -> None:
    before = survey()
    run(["ip", "netns", "add", f"{SPARE.prefix}-node-0"])
    run(["ip", "link", "add", SPARE.prefix, "type", "bridge"])  # in the way of the link to the switch
    try:
        with pytest.raises(ClusterError, match="ip"):
            spare.up(Progress())
    finally:
        run(["ip", "link", "del", SPARE.prefix])
    assert "its logs are in" in capfd.readouterr().err
    spare.down(Progress())
    wait_for(before)


def test_a_cluster_is_not_started_over_addresses_that_are_in_use(spare: Namespaces) -> None:
    run(["ip", "link", "add", "nc-other", "type", "bridge"])
    try:
        run(["ip", "addr", "add", str(SPARE.network[7]) + "/24", "dev", "nc-other"])
        run(["ip", "link", "set", "nc-other", "up"])
        with pytest.raises(CannotRun, match=r"172\.30\.254\.0/24 .* in use"):
            spare.up(Progress())
    finally:
        run(["ip", "link", "del", "nc-other"])


def wait_for(before: dict[str, object]) -> None:
    """Wait until this host is as it was; AssertionError that shows what differs."""
    try:
        eventually_sync(lambda: survey() == before, what="a host as it was")
    except AssertionError:
        assert survey() == before
        raise


def survey() -> dict[str, object]:
    """What of a cluster can be seen on this host."""
    return {
        "processes": sorted(path.name for path in Path("/proc").glob("[0-9]*") if is_of_a_machine(path)),
        "namespaces": sorted(namespaces()),
        "links": sorted(path.name for path in Path("/sys/class/net").iterdir() if path.name.startswith("nc-")),
        "mounts": sorted(line.split()[4] for line in mounts() if any(word in line for word in MOUNTED)),
        "cgroups": sorted(map(str, Path("/sys/fs/cgroup").glob("**/nc-*"))),
        "rules": run(["nft", "list", "ruleset"]),
        "settings": {name: Path("/proc/sys", name).read_text() for name in SETTINGS},
        "folders": [
            path.exists() for path in map(Path, ("/var/lib/kubelet", "/etc/cni", "/opt/cni", "/opt/containerd"))
        ],
        "clusters": sorted(path.name for path in SPARE.folder.parent.glob("*")),
    }


def mounts() -> list[str]:
    """The mounts that this process sees, one a line."""
    return Path("/proc/self/mountinfo").read_text().splitlines()


def is_of_a_machine(process: Path) -> bool:
    """Whether a process belongs to the spare cluster."""
    try:
        return (
            SPARE.prefix in (process / "cgroup").read_text() or str(SPARE.folder) in (process / "cmdline").read_text()
        )
    except (FileNotFoundError, ProcessLookupError):
        return False
