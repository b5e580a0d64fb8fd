"""The operator comes by Helm, into a namespace that admits none but restricted pods."""

import pytest

from tests.e2e.release import CHART, Release
from tests.support.kubernetes import Kubernetes


def test_helm_finds_nothing_to_complain_about_in_the_chart(cluster: Kubernetes) -> None:
    assert "0 chart(s) failed" in cluster.helm("lint", "--strict", str(CHART))


def test_two_replicas_run_and_one_of_them_leads(release: Release) -> None:
    names = {pod["metadata"]["name"] for pod in release.pods}

    assert len(names) == 2
    assert release.leader in names


def test_the_definition_is_there_and_kubectl_explains_it(release: Release) -> None:
    explained = release.kubernetes.kubectl("explain", "notificationcluster.spec.gateway.connectionLimit")

    assert "connectionLimit <integer>" in explained


def test_a_pod_that_is_not_restricted_is_not_admitted_where_clusters_run(cluster: Kubernetes, namespace: str) -> None:
    with pytest.raises(AssertionError, match='violates PodSecurity "restricted'):
        cluster.kubectl("run", "root", "--image=localhost/pause:1", f"--namespace={namespace}")
