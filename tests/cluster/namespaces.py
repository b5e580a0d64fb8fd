"""Kubernetes itself on this host: each machine is a set of namespaces, no container engine is needed."""

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.cluster import cache, cgroups, machine, network, suites
from tests.cluster.build import build, find
from tests.cluster.client import client_environment
from tests.cluster.command import run
from tests.cluster.control_plane import control_plane_components
from tests.cluster.credentials import write_credentials
from tests.cluster.errors import CannotRun, ClusterError, CommandFailed
from tests.cluster.images import make_images
from tests.cluster.node import node_components, node_files, send
from tests.cluster.progress import Progress
from tests.cluster.requirement import require_host
from tests.cluster.shape import PROGRAMS, Machine, Shape
from tests.cluster.waiting import wait_until

HERE = Path(__file__).parent
SECONDS_TO_START = 120.0


class Namespaces:
    """A cluster of the given shape."""

    def __init__(self, shape: Shape | None = None) -> None:
        self.shape = shape or Shape()

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.shape.kubeconfig

    @property
    def kubectl(self) -> Path:
        """The kubectl of the cluster's version."""
        return find(suites.kubernetes()) / "kubectl"

    @property
    def helm(self) -> Path:
        """Helm."""
        return find(suites.companions()) / "helm"

    @property
    def control_plane(self) -> str:
        """The machine of etcd and the API server."""
        return self.shape.control_plane.name

    def build(self, progress: Progress) -> None:
        """Build every program and image that is not in the cache."""
        require_host()
        build(suites.of_machines(), progress)
        make_images()

    def is_up(self) -> bool:
        """Whether the API answers that it is ready."""
        try:
            return (
                self.kubeconfig.exists() and self._ask("get", "--raw=/readyz", "--request-timeout=2s").strip() == "ok"
            )
        except ClusterError:
            return False

    def up(self, progress: Progress) -> None:
        """Start the cluster unless it is up."""
        self.build(progress)
        with cache.lock(f"cluster-{self.shape.name}"):
            if self.is_up():
                return
            self._clear()
            try:
                self._start(progress)
            except BaseException:
                self._stop()
                progress.say(f"the cluster did not start; its logs are in {self.shape.folder}/*/log")
                raise

    def down(self, progress: Progress) -> None:
        """Kill every machine and remove what they left."""
        require_host()
        with cache.lock(f"cluster-{self.shape.name}"):
            progress.say("killing the machines")
            self._stop()
            progress.say("removing their disks")
            self._clear()

    def load(self, archives: Sequence[Path]) -> None:
        """Import image archives into every node."""
        with ThreadPoolExecutor(len(self.shape.nodes)) as pool:
            for imported in [pool.submit(load_node, node, archives) for node in self.shape.nodes]:
                imported.result()

    def audit_log(self) -> Path:
        """The file that the API server writes."""
        return self.shape.audit_log

    def kill(self, node: str) -> None:
        """Kill a machine; `control-plane` is one too."""
        machine.kill(self._find(node))

    def start(self, node: str) -> None:
        """Start a killed machine again, with the disk it had."""
        found = self._find(node)
        machine.kill(found)
        components = control_plane_components(self.shape) if found.pods is None else node_components(found)
        machine.start(self.shape, found, components)

    def signal(self, node: str, container: str, signal: str) -> None:
        """Have the node's containerd send it."""
        machine.call(self._find(node), send(signal, container))

    def _find(self, name: str) -> Machine:
        for found in self.shape.machines:
            if found.name == name:
                return found
        raise CannotRun(f"there is no machine {name}: there are {', '.join(each.name for each in self.shape.machines)}")

    def _start(self, progress: Progress) -> None:
        progress.say("writing certificates and configuration, connecting the machines")
        self._write_files()
        network.make_switch(self.shape)
        progress.say("starting the control plane: waiting for its API")
        self.start(self.shape.control_plane.name)
        wait_until(self.is_up, within=SECONDS_TO_START, what="an answer of the API")
        self._apply()
        progress.say(f"starting {len(self.shape.nodes)} nodes: waiting for containerd")
        for node in self.shape.nodes:
            self.start(node.name)
        wait_until(self._runs_containers, within=SECONDS_TO_START, what="an answer of containerd")
        progress.say("importing images: pause, CoreDNS, probe")
        self.load(make_images())
        progress.say("waiting for the nodes to be Ready and for DNS")
        wait_until(self._is_ready, within=SECONDS_TO_START, what="the readiness of nodes and DNS")

    def _write_files(self) -> None:
        write_credentials(self.shape)
        self.shape.volumes.mkdir()
        shutil.copy(HERE / "audit-policy.yaml", self.shape.control_plane.folder)
        plugins = str(PROGRAMS / suites.companions().key)
        for node in self.shape.nodes:
            for name, text in node_files(node, plugins).items():
                path = node.folder / name
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)

    def _apply(self) -> None:
        # Bindings first: a kubelet remembers for half a minute whom it refused.
        self._ask("apply", "--server-side", "-f", str(HERE / "addons.yaml"))

    def _runs_containers(self) -> bool:
        try:
            return all(machine.call(node, ["ctr", "version"]) for node in self.shape.nodes)
        except CommandFailed:
            return False

    def _is_ready(self) -> bool:
        ready = '{.items[*].status.conditions[?(@.type=="Ready")].status}'
        nodes = self._ask("get", "nodes", f"-o=jsonpath={ready}").split().count("True")
        dns = self._ask("get", "-n=kube-system", "daemonset/coredns", "-o=jsonpath={.status.numberAvailable}")
        return nodes == len(self.shape.nodes) and dns == str(nodes)

    def _ask(self, *words: str) -> str:
        environment = client_environment(self.shape.folder / "client")
        return run([self.kubectl, f"--kubeconfig={self.kubeconfig}", *words], env=environment)

    def _stop(self) -> None:
        for found in self.shape.machines:
            machine.kill(found)
        network.remove_switch(self.shape)
        cgroups.remove(f"/{self.shape.prefix}")

    def _clear(self) -> None:
        self._stop()
        if self.shape.folder.exists():
            shutil.rmtree(self.shape.folder)


def load_node(node: Machine, archives: Sequence[Path]) -> None:
    """Import image archives into one node."""
    for archive in archives:
        with archive.open("rb") as source:
            machine.call(node, ["ctr", "--namespace=k8s.io", "images", "import", "-"], source)
