"""What tests need of a cluster, whatever it is made of."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from tests.cluster.progress import Progress


class Cluster(Protocol):
    """A Kubernetes for tests. Every method raises ClusterError with a line for a person."""

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        ...

    @property
    def kubectl(self) -> Path:
        """The kubectl that goes with the cluster."""
        ...

    @property
    def helm(self) -> Path:
        """Helm."""
        ...

    @property
    def control_plane(self) -> str:
        """The machine of etcd and the API server, which `kill` and `start` take as they take nodes."""
        ...

    def build(self, progress: Progress) -> None:
        """Make what `up` needs, unless it is there."""
        ...

    def is_up(self) -> bool:
        """Whether the cluster's API answers."""
        ...

    def up(self, progress: Progress) -> None:
        """Build and start the cluster unless it is up; when this returns its nodes are Ready and DNS answers."""
        ...

    def down(self, progress: Progress) -> None:
        """Remove the cluster and all that it left behind, in whatever state it is."""
        ...

    def load(self, archives: Sequence[Path]) -> None:
        """Import image archives into every node; an imported image is never pulled."""
        ...

    def audit_log(self) -> Path:
        """A file with what the API server's audit log holds now, as JSON lines."""
        ...

    def kill(self, node: str) -> None:
        """Take a node away as a loss of power would; what it ran has no chance to end in order."""
        ...

    def start(self, node: str) -> None:
        """Bring a killed node back, with what was on its disk."""
        ...

    def signal(self, node: str, container: str, signal: str) -> None:
        """Send a signal, such as SIGKILL, to the first process of a container, by containerd's id."""
        ...
