"""Services are found by name and reach pods on every node, from pods and from this host."""

from dataclasses import dataclass

import pytest

from tests.support.kubernetes import Kubernetes
from tests.support.waiting import eventually_sync

from .fetching import fetch
from .pods import lone_pod, probe_pod, service, spread_deployment

ENOUGH = 60  # requests after which a balancer over three pods has missed one with a chance of 1 in 10,000,000,000


@dataclass(frozen=True, slots=True)
class Web:
    """The Service `web`: its pods, one on every node, and its address on each node."""

    pods: set[str]
    urls: tuple[str, ...]


@pytest.fixture
def web(cluster: Kubernetes, namespace: str, probe: str) -> Web:
    """A Service of three pods, known to every node."""
    cluster.apply(spread_deployment(namespace, probe), service(namespace, "NodePort"))
    cluster.kubectl("rollout", "status", "--namespace", namespace, "deployment/web", "--timeout=60s")
    pods = cluster.get("pods", "--namespace", namespace)["items"]
    assert len({pod["spec"]["nodeName"] for pod in pods}) == 3
    port = cluster.get("service", "web", "--namespace", namespace)["spec"]["ports"][0]["nodePort"]
    urls = [f"http://{cluster.address_of(node)}:{port}/" for node in cluster.nodes]
    found = Web({pod["metadata"]["name"] for pod in pods}, tuple(urls))
    eventually_sync(lambda: all(answers_of(url) == found.pods for url in urls), within=30, what="word on every node")
    return found


def test_this_host_reaches_every_pod_of_a_service_by_the_port_of_any_node(web: Web) -> None:
    assert [answers_of(url) for url in web.urls] == [web.pods] * 3


def test_pods_on_every_node_reach_every_pod_of_a_service_by_its_name(
    cluster: Kubernetes, namespace: str, probe: str, web: Web
) -> None:
    urls = [f"http://web.{namespace}.svc.cluster.local/"] * ENOUGH
    for node in cluster.nodes:
        name = f"asks-on-{node}"
        cluster.apply(lone_pod(namespace, name, probe_pod(probe, "get", *urls, nodeName=node, restartPolicy="Never")))
        ended = "--for=jsonpath={.status.phase}=Succeeded"
        cluster.kubectl("wait", "--namespace", namespace, f"pod/{name}", ended, "--timeout=60s")
        assert set(cluster.kubectl("logs", "--namespace", namespace, name).split()) == web.pods, f"from {node}"


def answers_of(url: str) -> set[str]:
    """Who answers, asked often enough that everyone behind a balancer has."""
    return {fetch(url) for _ in range(ENOUGH)}
