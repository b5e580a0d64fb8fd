"""The shape of a cluster: its machines, their names, addresses and folders. Pure but for the cache's place."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from tests.cluster import cache

CONTROL_PLANE = "control-plane"
SERVICES = IPv4Network("10.96.0.0/16")
PODS = IPv4Network("10.244.0.0/16")
CLUSTER_DNS = SERVICES[10]
API_PORT = 6443
DEFAULT_NAME = "main"
DEFAULT_NETWORK = IPv4Network("172.30.255.0/24")
ZONES = ("zone-a", "zone-b", "zone-c")

# Inside a machine every path is the same: init.py binds the machine's own folders there.
PROGRAMS = Path("/run/cluster/programs")
MACHINE = Path("/run/cluster/machine")
VOLUMES = Path("/run/cluster/volumes")


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine of a cluster: network, mount, process and host name namespaces of its own."""

    name: str
    namespace: str
    address: IPv4Address
    pods: IPv4Network | None  # the control plane runs no pods
    zone: str
    cgroup: str
    folder: Path

    @property
    def hardware(self) -> str:
        """The address of its network card: always the same, or others would look for the old one after a restart."""
        return "02:00:" + ":".join(f"{byte:02x}" for byte in self.address.packed)


@dataclass(frozen=True, slots=True)
class Shape:
    """A control plane and some nodes. `name` has at most eight characters, since network links are named by it."""

    name: str = DEFAULT_NAME
    count: int = 3
    network: IPv4Network = DEFAULT_NETWORK

    @property
    def prefix(self) -> str:
        """What the name of everything that is made outside the cluster's folder begins with."""
        return f"nc-{self.name}"

    @property
    def folder(self) -> Path:
        """Where the cluster keeps its files."""
        return cache.root() / "clusters" / self.name

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.folder / "kubeconfig"

    @property
    def audit_log(self) -> Path:
        """The API server's audit log: JSON lines, one an event."""
        return self.control_plane.folder / "log" / "audit.jsonl"

    @property
    def volumes(self) -> Path:
        """Where the volumes of pods lie."""
        return self.folder / "volumes"

    @property
    def host(self) -> IPv4Address:
        """The address of this machine in the cluster's network."""
        return self.network[1]

    @property
    def server(self) -> str:
        """The address of the API."""
        return f"https://{self.control_plane.address}:{API_PORT}"

    @property
    def control_plane(self) -> Machine:
        """The machine of etcd, API server, scheduler and controllers."""
        return self._machine(CONTROL_PLANE, 10, None, "")

    @property
    def nodes(self) -> tuple[Machine, ...]:
        """The machines that run pods."""
        subnets = list(PODS.subnets(new_prefix=24))
        return tuple(
            self._machine(f"node-{index}", 11 + index, subnets[index], ZONES[index % len(ZONES)])
            for index in range(self.count)
        )

    @property
    def machines(self) -> tuple[Machine, ...]:
        """Every machine, the control plane first."""
        return (self.control_plane, *self.nodes)

    def _machine(self, name: str, host: int, pods: IPv4Network | None, zone: str) -> Machine:
        return Machine(
            name=name,
            namespace=f"{self.prefix}-{name}",
            address=self.network[host],
            pods=pods,
            zone=zone,
            cgroup=f"/{self.prefix}/{name}",
            folder=self.folder / name,
        )
