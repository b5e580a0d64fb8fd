"""Every pod passes the `restricted` Pod Security standard, whatever its cluster asks for."""

from typing import Any

import pytest

from notification_operator.quantity import measure

from .manifests import NAMES, derive_named, list_manifests, list_pods, render_cluster

ALLOWED_VOLUMES = {"configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret"}


@pytest.fixture(params=NAMES)
def pods(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    return [pod["spec"] for pod in list_pods(render_cluster(derive_named(request.param))).values()]


def test_pods_are_restricted(pods: list[dict[str, Any]]) -> None:
    for pod in pods:
        security = pod["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] == security["fsGroup"] == 10001
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        for volume in pod["volumes"]:
            assert (volume.keys() - {"name"}) <= ALLOWED_VOLUMES


def test_containers_are_restricted(pods: list[dict[str, Any]]) -> None:
    for pod in pods:
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        }


def test_no_pod_gets_a_token_of_the_api_server(pods: list[dict[str, Any]]) -> None:
    assert all(pod["automountServiceAccountToken"] is False for pod in pods)


def test_every_account_exists_and_has_no_token() -> None:
    for name in NAMES:
        rendering = render_cluster(derive_named(name))
        accounts = [manifest for manifest in list_manifests(rendering) if manifest["kind"] == "ServiceAccount"]
        assert all(account["automountServiceAccountToken"] is False for account in accounts)
        used = {pod["spec"]["serviceAccountName"] for pod in list_pods(rendering).values()}
        assert used == {account["metadata"]["name"] for account in accounts}


def test_every_container_has_requests_within_its_limits(pods: list[dict[str, Any]]) -> None:
    for pod in pods:
        resources = pod["containers"][0]["resources"]
        for name in ("cpu", "memory"):
            assert 0 < measure(resources["requests"][name]) <= measure(resources["limits"][name])


def test_every_mount_has_its_volume(pods: list[dict[str, Any]]) -> None:
    for pod in pods:
        mounted = {mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
        assert mounted - {"data"} == {volume["name"] for volume in pod["volumes"]}


def test_what_runs_on_is_probed(pods: list[dict[str, Any]]) -> None:
    for pod in pods:
        probes = {"startupProbe", "readinessProbe", "livenessProbe"} & pod["containers"][0].keys()
        assert len(probes) == (0 if pod.get("restartPolicy") == "Never" else 3)


def test_images_are_never_pulled_twice(pods: list[dict[str, Any]]) -> None:
    assert {pod["containers"][0]["imagePullPolicy"] for pod in pods} == {"IfNotPresent"}
