"""What the chart's values change, and which values it refuses."""

from pathlib import Path
from typing import Any

import pytest

from charts.installation import CHART, NAME, RenderingFailed, render_chart, run_helm
from notification_operator.__main__ import _parse
from tests.unit.packaging.installed import pick, read_objects


def render(helm: Path, **values: str) -> list[dict[str, Any]]:
    return read_objects(render_chart(helm, *(f"--set-json={name}={value}" for name, value in flat(values))))


def flat(values: dict[str, str]) -> list[tuple[str, str]]:
    return [(name.replace("__", "."), value) for name, value in values.items()]


def kinds(objects: list[dict[str, Any]]) -> set[str]:
    return {each["kind"] for each in objects}


def test_helm_finds_nothing_to_complain_about(helm: Path) -> None:
    assert "0 chart(s) failed" in run_helm(helm, "lint", "--strict", CHART)


def test_with_a_list_of_namespaces_there_are_no_rights_elsewhere(helm: Path) -> None:
    objects = render(helm, watchNamespaces='["a", "b"]', rbac__aggregate="false")
    assert not {"ClusterRole", "ClusterRoleBinding"} & kinds(objects)
    roles = {(each["metadata"]["namespace"], each["metadata"]["name"]) for each in objects if each["kind"] == "Role"}
    assert roles == {("a", NAME), ("b", NAME), (NAME, f"{NAME}-election")}


def test_with_a_list_of_namespaces_only_these_are_served(helm: Path) -> None:
    text = render_chart(helm, '--set-json=watchNamespaces=["a","b"]')
    args = pick("Deployment", text=text)["spec"]["template"]["spec"]["containers"][0]["args"]
    assert [each for each in args if "namespace" in each] == ["--namespace=a", "--namespace=b"]


def test_two_releases_share_nothing_but_the_definition(helm: Path) -> None:
    def name_all(namespace: str) -> set[tuple[str, str, str]]:
        text = run_helm(helm, "template", "ours", CHART, "--namespace", namespace)
        named = [(each["kind"], each["metadata"]) for each in read_objects(text)]
        return {(kind, metadata.get("namespace", ""), metadata["name"]) for kind, metadata in named}

    shared = name_all("one") & name_all("two")
    assert {kind for kind, _, _ in shared} == {"CustomResourceDefinition"}


def test_the_definition_can_be_left_out_or_left_to_go(helm: Path) -> None:
    assert "CustomResourceDefinition" not in kinds(render(helm, crds__install="false"))
    [going] = [each for each in render(helm, crds__keep="false") if each["kind"] == "CustomResourceDefinition"]
    assert "helm.sh/resource-policy" not in going["metadata"].get("annotations", {})


def test_one_replica_has_no_budget_that_would_block_a_drain(helm: Path) -> None:
    assert "PodDisruptionBudget" not in kinds(render(helm, replicas="1"))


def test_rights_and_account_can_be_somebody_elses(helm: Path) -> None:
    objects = render(helm, rbac__create="false", serviceAccount__create="false", serviceAccount__name='"theirs"')
    assert kinds(objects) == {"CustomResourceDefinition", "Deployment", "PodDisruptionBudget"}
    [deployment] = [each for each in objects if each["kind"] == "Deployment"]
    assert deployment["spec"]["template"]["spec"]["serviceAccountName"] == "theirs"


def test_the_right_that_openshift_demands_can_be_had(helm: Path) -> None:
    text = render_chart(helm, "--set-json=rbac.ownerPermission=true")
    resources = [resource for rule in pick("ClusterRole", text=text)["rules"] for resource in rule["resources"]]
    assert "notificationclusters/finalizers" in resources


def test_secrets_for_the_pods_of_clusters_are_told_to_the_operator(helm: Path) -> None:
    text = render_chart(helm, '--set-json=clusterImagePullSecrets=["mirror","other"]')
    [container] = pick("Deployment", text=text)["spec"]["template"]["spec"]["containers"]
    secrets = [each for each in container["args"] if "pull-secret" in each]
    assert secrets == ["--image-pull-secret=mirror", "--image-pull-secret=other"]
    assert _parse(container["args"]).image_pull_secret == ["mirror", "other"]


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ("replicas=0", "replicas"),
        ('replicas="2"', "replicas"),
        ("replica=2", "replica"),
        ("images.operator=null", "images"),
        ('images.nats="NATS"', "nats"),
        ('watchNamespaces=["UPPER"]', "watchNamespaces"),
        ('watchNamespaces=["a","a"]', "watchNamespaces"),
        ('imagePullPolicy="Sometimes"', "imagePullPolicy"),
        ('clusterImagePullSecrets="mirror"', "clusterImagePullSecrets"),
        ("crds.keep=1", "keep"),
        ("rbac.everything=true", "everything"),
        ("podLabels.a=1", "podLabels"),
    ],
)
def test_wrong_values_are_refused_by_name(helm: Path, value: str, field: str) -> None:
    with pytest.raises(RenderingFailed, match=field):
        render_chart(helm, f"--set-json={value}")
