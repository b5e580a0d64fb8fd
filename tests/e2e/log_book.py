"""What pods said, also those that are gone by the time it is read."""

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.living_pod import LivingPod
from tests.support.kubernetes import Kubernetes
from tests.support.waiting import eventually_sync

SECONDS_TO_END = 60


@dataclass(frozen=True, slots=True)
class LogBook:
    """Texts by the pods that said them; what is still being said is written into `folder`."""

    kubernetes: Kubernetes
    folder: Path
    texts: dict[LivingPod, str] = field(default_factory=dict)
    _followed: dict[LivingPod, subprocess.Popen[bytes]] = field(default_factory=dict)

    def follow(self, pod: LivingPod) -> None:
        """Write down what a pod says until its end, which is near."""
        path = self._path(pod)
        with path.open("wb") as file:
            self._followed[pod] = self.kubernetes.start_kubectl("logs", "--follow", *self._name(pod), output=file)
        eventually_sync(lambda: path.stat().st_size, what=f"the first line of the log of {pod.name}")

    def keep(self, pod: LivingPod) -> None:
        """Write down what a pod has said so far."""
        self.texts[pod] = self.kubernetes.kubectl("logs", *self._name(pod))

    def keep_last_words(self, pods: Iterable[LivingPod]) -> None:
        """Write down what the containers said that died in pods and were restarted there."""
        for pod in pods:
            if pod not in self._followed:
                self.texts[pod] = self.kubernetes.kubectl("logs", "--previous", *self._name(pod))

    def close(self) -> None:
        """Read what was followed; that has come to its end."""
        for pod, process in self._followed.items():
            process.wait(SECONDS_TO_END)
            self.texts[pod] = self._path(pod).read_text()
        self._followed.clear()

    def _name(self, pod: LivingPod) -> tuple[str, ...]:
        return (pod.name, f"--namespace={pod.namespace}", "--tail=-1")

    def _path(self, pod: LivingPod) -> Path:
        return self.folder / f"{pod.name}.log"
