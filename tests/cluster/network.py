"""The cluster's network: a switch in a namespace of its own, a link to each machine and one to this host.

Nothing but that one link is made on the host: no bridge, no rule, no route, no setting. Pods reach each other over
routes between the machines, and nothing beyond the switch.
"""

from contextlib import suppress
from ipaddress import IPv4Network
from pathlib import Path

from tests.cluster.command import run
from tests.cluster.errors import CannotRun, CommandFailed
from tests.cluster.shape import Machine, Shape

NAMESPACES = Path("/run/netns")


def make_switch(shape: Shape) -> None:
    """Make the switch, and this host's link to it. CannotRun if the host already uses the cluster's addresses."""
    refuse_overlap(shape.network)
    switch = switch_of(shape)
    configure(
        f"netns add {switch}",
        f"link add {shape.prefix} type veth peer name host netns {switch}",
        f"addr add {shape.host}/{shape.network.prefixlen} dev {shape.prefix}",
        f"link set {shape.prefix} up",
    )
    configure("link add bridge type bridge", "link set bridge up", "link set host master bridge up", inside=switch)


def attach(shape: Shape, machine: Machine) -> None:
    """Make the namespace of `machine`, linked to the switch, with a route to the pods of every other node."""
    switch = switch_of(shape)
    configure(f"netns add {machine.namespace}")
    configure(
        f"link add {machine.name} type veth peer name eth0 address {machine.hardware} netns {machine.namespace}",
        f"link set {machine.name} master bridge up",
        inside=switch,
    )
    routes = [f"route add {node.pods} via {node.address}" for node in shape.nodes if node != machine]
    configure(
        "link set lo up",
        f"addr add {machine.address}/{shape.network.prefixlen} dev eth0",
        "link set eth0 up",
        *routes,
        inside=machine.namespace,
    )


def unplug(machine: Machine) -> None:
    """Remove the link of `machine`, if it has one: nothing that its processes still send arrives anywhere."""
    if machine.namespace in namespaces():
        with suppress(CommandFailed):
            configure("link delete eth0", inside=machine.namespace)


def detach(machine: Machine) -> None:
    """Remove the namespace of `machine` and with it its link."""
    if machine.namespace in namespaces():
        configure(f"netns del {machine.namespace}")


def remove_switch(shape: Shape) -> None:
    """Remove the switch and with it every link to it, this host's too."""
    if switch_of(shape) in namespaces():
        configure(f"netns del {switch_of(shape)}")
    if NAMESPACES.is_mount() and not any(NAMESPACES.iterdir()):
        run(["umount", NAMESPACES])  # ip mounted it for the first namespace; ours was the last
        NAMESPACES.rmdir()


def namespaces() -> set[str]:
    """The named network namespaces of this host."""
    return {path.name for path in NAMESPACES.glob("*")}


def switch_of(shape: Shape) -> str:
    """The namespace of the switch."""
    return f"{shape.prefix}-switch"


def refuse_overlap(network: IPv4Network) -> None:
    """CannotRun if this host has a route into `network` already."""
    for line in run(["ip", "-4", "route", "show", "root", str(network)]).splitlines():
        raise CannotRun(f"the addresses {network} that the cluster needs are in use here: {line.strip()}")


def configure(*commands: str, inside: str | None = None) -> None:
    """Let `ip` carry out `commands`, all in the namespace `inside` or on the host."""
    where = ["-netns", inside] if inside else []
    try:
        run(["ip", *where, "-batch", "-"], source="\n".join(commands))
    except CommandFailed as error:
        raise CommandFailed(f"ip failed to set up the network: {error}") from error
