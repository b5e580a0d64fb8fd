"""The operator as Helm installs it, and what it says of itself."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.kubernetes import Kubernetes

CHART = Path(__file__).parents[2] / "charts" / "notification-operator"
NAME = "notification-operator"
NAMESPACE = "notification-operator"
DEFINITION = "notificationclusters.notification-operator.dev"


@dataclass(frozen=True, slots=True)
class Release:
    """The release `notification-operator` in the namespace of the same name, which enforces the restricted standard.

    `began` is when its story began: before it was installed for the first time.
    """

    kubernetes: Kubernetes
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    def install(self) -> None:
        """Install the chart and wait until the operator is ready."""
        self.kubernetes.make_namespace(NAMESPACE)
        self.helm("install", NAME, str(CHART), "--wait", "--timeout=90s")

    def upgrade(self, *settings: str) -> None:
        """Upgrade to the chart with other settings and wait until the new operator is ready."""
        self.helm("upgrade", NAME, str(CHART), "--wait", "--timeout=90s", *settings)

    def uninstall(self) -> None:
        """Uninstall the release and wait until its objects are gone."""
        self.helm("uninstall", NAME, "--wait", "--timeout=90s")

    def remove(self) -> None:
        """Uninstall if that was not done, and remove what Helm keeps."""
        if NAME in self.helm("list", "--short").split():
            self.uninstall()
        self.kubernetes.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")
        self.kubernetes.kubectl("delete", "crd", DEFINITION, "--ignore-not-found")

    def helm(self, *words: str) -> str:
        """Run Helm in the release's namespace."""
        return self.kubernetes.helm(*words, f"--namespace={NAMESPACE}")

    def get(self, *words: str) -> Any:
        """What kubectl finds in the release's namespace."""
        return self.kubernetes.get(*words, f"--namespace={NAMESPACE}")

    @property
    def pods(self) -> list[Any]:
        """The operator's pods, but for those that are on their way out."""
        found = self.get("pods", f"--selector=app.kubernetes.io/name={NAME}")["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    @property
    def lease(self) -> Any:
        """The spec of the Lease by which the replicas agree on who leads."""
        return self.get("lease", NAME)["spec"]

    @property
    def holder(self) -> str:
        """The process that leads; empty while none does."""
        return str(self.lease.get("holderIdentity", ""))

    @property
    def leader(self) -> str:
        """The name of the pod that leads; empty while none does."""
        return self.holder.partition("_")[0]

    @property
    def is_whole(self) -> bool:
        """Whether two replicas are ready and one of them leads."""
        ready = {pod["metadata"]["name"] for pod in self.pods if _is_ready(pod)}
        return len(ready) == 2 and self.leader in ready

    def read_restarts(self, pod: str) -> int:
        """How often the container of a pod was started again."""
        return _count_restarts(self.get("pod", pod))

    def find_tracebacks(self) -> list[str]:
        """The lines that have a traceback in what the pods have said, and said before they were restarted."""
        logs = [self.read_log(pod["metadata"]["name"], *words) for pod in self.pods for words in _list_lives(pod)]
        return [line for log in logs for line in log.splitlines() if "Traceback" in line]

    def read_log(self, pod: str, *words: str) -> str:
        """What a pod has said; `--previous` among `words` asks for the container that died."""
        return self.kubernetes.kubectl("logs", pod, f"--namespace={NAMESPACE}", "--tail=-1", *words)


def _list_lives(pod: Any) -> list[tuple[str, ...]]:
    return [(), ("--previous",)] if _count_restarts(pod) else [()]


def _count_restarts(pod: Any) -> int:
    return sum(container["restartCount"] for container in pod["status"].get("containerStatuses", ()))


def _is_ready(pod: Any) -> bool:
    return any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions", ()))
