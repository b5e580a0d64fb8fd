"""A cluster that somebody else runs: NOTIFICATION_TEST_KUBECONFIG names its kubeconfig."""

from collections.abc import Sequence
from pathlib import Path

from tests.cluster.command import run
from tests.cluster.errors import CannotRun, ClusterError
from tests.cluster.progress import Progress
from tests.cluster.tool import find_tool

VARIABLE = "NOTIFICATION_TEST_KUBECONFIG"


class Given:
    """The cluster of `kubeconfig`, which we neither start nor stop; images must be there or be pullable."""

    def __init__(self, kubeconfig: Path) -> None:
        self._kubeconfig = kubeconfig

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig that was given."""
        return self._kubeconfig

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
        """A name for what nobody may kill."""
        return "control-plane"

    def build(self, progress: Progress) -> None:
        """Nothing is to be built."""

    def is_up(self) -> bool:
        """Whether the API answers that it is ready."""
        try:
            return (
                run([self.kubectl, f"--kubeconfig={self.kubeconfig}", "get", "--raw=/readyz"], within=10).strip()
                == "ok"
            )
        except ClusterError:
            return False

    def up(self, progress: Progress) -> None:
        """CannotRun unless the cluster answers."""
        if not self.is_up():
            raise CannotRun(
                f"the cluster of {VARIABLE}={self.kubeconfig} does not answer: start it, or unset the variable"
            )

    def down(self, progress: Progress) -> None:
        """Leave it: it is not ours."""
        progress.say(f"the cluster of {VARIABLE} is not ours and stays")

    def load(self, archives: Sequence[Path]) -> None:
        """CannotRun: nodes that are not ours take no archives."""
        raise self._refuse("import images into")

    def audit_log(self) -> Path:
        """CannotRun: it is not ours to read."""
        raise self._refuse("read the audit log of")

    def kill(self, node: str) -> None:
        """CannotRun: it is not ours to kill."""
        raise self._refuse(f"kill {node} of")

    def start(self, node: str) -> None:
        """CannotRun: it is not ours to start."""
        raise self._refuse(f"start {node} of")

    def signal(self, node: str, container: str, signal: str) -> None:
        """CannotRun: its containers are reached through its API alone."""
        raise self._refuse(f"send {signal} to a container on {node} of")

    def _refuse(self, what: str) -> CannotRun:
        return CannotRun(f"cannot {what} the cluster of {VARIABLE}: unset it to use one of our own")
