"""Strikes that the system has to survive: at pods, at the operator, at nodes. Each returns the pods that it hit."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.e2e.living_pod import LivingPod, read_pods
from tests.e2e.log_book import LogBook
from tests.e2e.notification_cluster import NotificationCluster
from tests.e2e.release import Release
from tests.support.kubernetes import Kubernetes

Victims = Sequence[LivingPod]


@dataclass(frozen=True, slots=True)
class Striker:
    """Strikes at a cluster and at the operator, and keeps in a book what the victims said."""

    release: Release
    cluster: NotificationCluster
    book: LogBook
    _dead_nodes: list[str] = field(default_factory=list)

    @property
    def pods(self) -> Victims:
        """Who is there."""
        return read_pods(self.release, self.cluster)

    def kill(self, component: str) -> Victims:
        """Kill the process in the first pod of a component, which has no chance to say so."""
        return self._kill(next(pod for pod in self.pods if pod.component == component))

    def kill_leader(self) -> Victims:
        """Kill the operator that leads."""
        leader = self.release.leader
        return self._kill(next(pod for pod in self.pods if pod.name == leader))

    def delete(self, component: str) -> Victims:
        """Delete the last pod of a component, which gets the time to leave in order."""
        victim = [pod for pod in self.pods if pod.component == component][-1]
        self.book.follow(victim)
        words = ("delete", "pod", victim.name, f"--namespace={victim.namespace}", "--wait=false")
        self._kubernetes.kubectl(*words)
        return (victim,)

    def kill_node(self) -> Victims:
        """Take away the node of most kinds of pods, the leader's before others; never the first: clients come by it."""
        pods, leader, candidates = self.pods, self.release.leader, self._kubernetes.nodes[1:]

        def is_preferred(node: str) -> tuple[bool, int]:
            own = [pod for pod in pods if pod.node == node]
            return leader in {pod.name for pod in own}, len({pod.component for pod in own})

        chosen = max(candidates, key=is_preferred)
        self._kubernetes.kill_node(chosen)
        self._dead_nodes.append(chosen)
        return tuple(pod for pod in pods if pod.node == chosen)

    def mend(self) -> None:
        """Start again the nodes that were killed; pods have to come back by themselves."""
        while self._dead_nodes:
            self._kubernetes.start_node(self._dead_nodes.pop())

    @property
    def _kubernetes(self) -> Kubernetes:
        return self.release.kubernetes

    def _kill(self, victim: LivingPod) -> Victims:
        self._kubernetes.signal_pod(victim.namespace, victim.name, "SIGKILL")
        return (victim,)
