"""A real Kubernetes for tests, one a session: kubectl, nodes that may be killed, and what the API server wrote down."""

import json
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from tests.cluster.audit import AuditEvent, read_audit_log
from tests.cluster.choice import choose_cluster
from tests.cluster.client import client_environment
from tests.cluster.cluster import Cluster
from tests.cluster.command import run
from tests.cluster.errors import CannotRun, CommandFailed
from tests.cluster.progress import Progress
from tests.support.secret import write_secret

ZONE = "topology.kubernetes.io/zone"


@dataclass(frozen=True, slots=True)
class Kubernetes:
    """The session's cluster; kubectl and Helm keep their caches in `folder`."""

    backend: Cluster
    folder: Path

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.backend.kubeconfig

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes that run pods and lie in a zone, by name and sorted."""
        return tuple(sorted(node["metadata"]["name"] for node in self.get("nodes", f"--selector={ZONE}")["items"]))

    def kubectl(self, *words: str, text: str | None = None, within: float = 120.0) -> str:
        """Run kubectl as the administrator, with `text` as its input, and return what it printed.

        AssertionError with its complaint if it fails. A --kubeconfig among `words` makes it somebody else.
        """
        return self._run(self.backend.kubectl, words, text, within)

    def start_kubectl(self, *words: str, output: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
        """Start kubectl, for a command that goes on, and have it write into a file; the caller ends it."""
        command: list[str | Path] = [self.backend.kubectl, f"--kubeconfig={self.kubeconfig}", *words]
        return subprocess.Popen(command, stdout=output or subprocess.DEVNULL, env=client_environment(self.folder))

    def helm(self, *words: str, within: float = 120.0) -> str:
        """Run Helm as the administrator and return what it printed; AssertionError with its complaint if it fails."""
        return self._run(self.backend.helm, words, None, within)

    def get(self, *words: str) -> Any:
        """What `kubectl get` finds, as JSON."""
        return json.loads(self.kubectl("get", *words, "--output=json"))

    def apply(self, *objects: dict[str, Any]) -> str:
        """Apply objects on the server's side and return what kubectl printed."""
        items = {"apiVersion": "v1", "kind": "List", "items": objects}
        return self.kubectl("apply", "--server-side", "--filename=-", text=json.dumps(items))

    def make_namespace(self, name: str) -> None:
        """Make a namespace that enforces the restricted standard, unless it is there."""
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})

    def kubeconfig_of(self, account: str, namespace: str, folder: Path) -> Path:
        """Write the kubeconfig of a service account into `folder`; its token is valid for an hour."""
        config = json.loads(self.kubectl("config", "view", "--raw", "--minify", "--output=json"))
        token = self.kubectl("create", "token", account, "--namespace", namespace).strip()
        config["users"] = [{"name": config["users"][0]["name"], "user": {"token": token}}]
        path = folder / f"{namespace}-{account}.kubeconfig"
        write_secret(path, json.dumps(config))
        return path

    def load_images(self, *archives: Path) -> None:
        """Import image archives into every node."""
        self.backend.load(archives)

    def address_of(self, node: str) -> str:
        """The address at which this host reaches `node`, for ports of Services."""
        addresses = self.get("node", node)["status"]["addresses"]
        found: str = next(address["address"] for address in addresses if address["type"] == "InternalIP")
        return found

    def audit(self) -> Sequence[AuditEvent]:
        """What was asked of the API so far; skips the test where the log is not ours to read."""
        try:
            return tuple(read_audit_log(self.backend.audit_log()))
        except CannotRun as error:
            pytest.skip(str(error))

    def kill_node(self, node: str) -> None:
        """Take `node` away as a loss of power would; skips the test where the node is not ours."""
        try:
            self.backend.kill(node)
        except CannotRun as error:
            pytest.skip(str(error))

    def signal_pod(self, namespace: str, name: str, signal: str) -> None:
        """Send a signal to the first process of a pod of one container; skips the test where that is not ours."""
        pod = self.get("pod", name, f"--namespace={namespace}")
        container = pod["status"]["containerStatuses"][0]["containerID"].removeprefix("containerd://")
        try:
            self.backend.signal(pod["spec"]["nodeName"], container, signal)
        except CannotRun as error:
            pytest.skip(str(error))

    def start_node(self, node: str) -> None:
        """Bring a killed node back, with what was on its disk."""
        self.backend.start(node)

    def _run(self, program: Path, words: Sequence[str], text: str | None, within: float) -> str:
        command: list[str | Path] = [program, f"--kubeconfig={self.kubeconfig}", *words]
        try:
            return run(command, source=text, env=client_environment(self.folder), within=within)
        except CommandFailed as error:
            raise AssertionError(error.complaint or str(error)) from error


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubernetes]:
    """A Kubernetes of three nodes in three zones: one that is up is used and stays, else one is started and removed.

    The tests are skipped, with the reason, where there can be none.
    """
    try:
        backend = choose_cluster()
    except CannotRun as error:
        pytest.skip(str(error))
    progress = Progress()
    was_up = backend.is_up()
    backend.up(progress)
    yield Kubernetes(backend, tmp_path_factory.mktemp("kubernetes"))
    if not was_up:
        backend.down(progress)


@pytest.fixture
def namespace(cluster: Kubernetes) -> Iterator[str]:
    """An empty namespace of this test alone, which enforces the restricted standard."""
    name = f"test-{secrets.token_hex(4)}"
    cluster.make_namespace(name)
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")
