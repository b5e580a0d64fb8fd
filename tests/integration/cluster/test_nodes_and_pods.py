"""Three nodes in three zones run pods, which can be looked into."""

import json
from pathlib import Path

from tests.support.kubernetes import ZONE, Kubernetes
from tests.support.ports import free_port
from tests.support.waiting import eventually_sync

from .fetching import fetch
from .pods import lone_pod, probe_pod, spread_deployment


def test_three_nodes_are_ready_in_three_zones(cluster: Kubernetes) -> None:
    nodes = cluster.get("nodes", f"--selector={ZONE}")["items"]
    ready = [
        condition["status"]
        for node in nodes
        for condition in node["status"]["conditions"]
        if condition["type"] == "Ready"
    ]
    assert ready == ["True"] * 3
    assert {node["metadata"]["labels"][ZONE] for node in nodes} == {"zone-a", "zone-b", "zone-c"}


def test_pods_are_spread_over_the_zones(cluster: Kubernetes, namespace: str, probe: str) -> None:
    cluster.apply(spread_deployment(namespace, probe))
    cluster.kubectl("rollout", "status", "--namespace", namespace, "deployment/web", "--timeout=60s")
    pods = cluster.get("pods", "--namespace", namespace)["items"]
    assert sorted(pod["spec"]["nodeName"] for pod in pods) == list(cluster.nodes)


def test_exec_and_logs_reach_a_pod_on_every_node(cluster: Kubernetes, namespace: str, probe: str) -> None:
    for node in cluster.nodes:
        name = f"on-{node}"
        cluster.apply(lone_pod(namespace, name, probe_pod(probe, nodeName=node)))
        cluster.kubectl("wait", "--namespace", namespace, f"pod/{name}", "--for=condition=Ready", "--timeout=60s")
        said = cluster.kubectl("exec", "--namespace", namespace, name, "--", "/probe", "get", "http://127.0.0.1:8080")
        assert said.strip() == name
        assert cluster.kubectl("logs", "--namespace", namespace, name).strip() == f"serving as {name}"


def test_a_port_of_a_pod_can_be_forwarded_to_this_host(cluster: Kubernetes, namespace: str, probe: str) -> None:
    cluster.apply(lone_pod(namespace, "far", probe_pod(probe)))
    cluster.kubectl("wait", "--namespace", namespace, "pod/far", "--for=condition=Ready", "--timeout=60s")
    port = free_port()
    with cluster.start_kubectl("port-forward", "--namespace", namespace, "pod/far", f"{port}:8080") as forward:
        answer = eventually_sync(
            lambda: fetch(f"http://127.0.0.1:{port}/"), what="an answer through the forwarded port"
        )
        forward.terminate()
    assert answer == "far"


def test_helm_installs_a_chart(cluster: Kubernetes, namespace: str, probe: str, tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text("{apiVersion: v2, name: web, version: 1.0.0}")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "web.yaml").write_text(json.dumps(spread_deployment(namespace, probe)))
    cluster.helm("install", "web", str(tmp_path), "--namespace", namespace, "--wait", "--timeout=60s")
    assert [
        release["status"] for release in json.loads(cluster.helm("list", "--namespace", namespace, "--output=json"))
    ] == ["deployed"]
