"""kind: Kubernetes in the containers of an engine, as kind-config.yaml describes it."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.cluster import cache, suites
from tests.cluster.build import build, find
from tests.cluster.command import run
from tests.cluster.engine import kind_environment
from tests.cluster.errors import ClusterError
from tests.cluster.node import send
from tests.cluster.progress import Progress
from tests.cluster.tool import find_tool
from tests.cluster.versions import kubernetes

NAME = "notifications"
ROOT = Path(__file__).parents[2]
AUDIT_LOG = "/var/log/kubernetes/audit.jsonl"
SECONDS_TO_START = 600.0


class Kind:
    """The cluster that kind makes with `engine`."""

    def __init__(self, engine: str) -> None:
        self._engine = engine

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return cache.folder("kind") / "kubeconfig"

    @property
    def kubectl(self) -> Path:
        """The person's own kubectl."""
        return find_tool("kubectl")

    @property
    def helm(self) -> Path:
        """The person's own Helm."""
        return find_tool("helm")

    @property
    def control_plane(self) -> str:
        """The container of etcd and the API server."""
        return f"{NAME}-control-plane"

    def build(self, progress: Progress) -> None:
        """Build kind, unless it is installed."""
        if shutil.which("kind") is None:
            build((suites.kind(),), progress)

    def is_up(self) -> bool:
        """Whether the cluster is there and its API answers."""
        try:
            return NAME in self._kind("get", "clusters").split() and self._answers()
        except ClusterError:
            return False

    def up(self, progress: Progress) -> None:
        """Create the cluster unless it is up. KUBERNETES_VERSION, if it is set, chooses the node image by its tag."""
        self.build(progress)
        with cache.lock("cluster-kind"):
            if self.is_up():
                return
            progress.say(f"creating a cluster by kind and {self._engine}: the first time, the node image is fetched")
            self._kind("delete", "cluster", f"--name={NAME}", f"--kubeconfig={self.kubeconfig}")
            self._kind(
                "create",
                "cluster",
                f"--kubeconfig={self.kubeconfig}",
                f"--config={ROOT / 'kind-config.yaml'}",
                "--wait=5m",
                *([f"--image=kindest/node:v{kubernetes()}"] if os.environ.get("KUBERNETES_VERSION") else []),
            )

    def down(self, progress: Progress) -> None:
        """Delete the cluster."""
        self.build(progress)
        progress.say("deleting the cluster")
        self._kind("delete", "cluster", f"--name={NAME}", f"--kubeconfig={self.kubeconfig}")

    def load(self, archives: Sequence[Path]) -> None:
        """Import image archives into every node."""
        for archive in archives:
            self._kind("load", "image-archive", str(archive), f"--name={NAME}")

    def audit_log(self) -> Path:
        """A copy of the audit log as it is now."""
        copy = self.kubeconfig.with_name("audit.jsonl")
        copy.write_text(run([self._engine, "exec", self.control_plane, "cat", AUDIT_LOG]))
        return copy

    def kill(self, node: str) -> None:
        """Kill a node's container."""
        run([self._engine, "kill", node])

    def start(self, node: str) -> None:
        """Start a killed node's container again."""
        run([self._engine, "start", node])

    def signal(self, node: str, container: str, signal: str) -> None:
        """Have the node's containerd send it."""
        run([self._engine, "exec", node, *send(signal, container)])

    def _answers(self) -> bool:
        return run([self.kubectl, f"--kubeconfig={self.kubeconfig}", "get", "--raw=/readyz"]).strip() == "ok"

    def _kind(self, *words: str) -> str:
        program = shutil.which("kind") or find(suites.kind()) / "kind"
        return run([program, *words], cwd=ROOT, env=kind_environment(self._engine), within=SECONDS_TO_START)
