"""Images of a private registry are pulled with Secrets that the operator is told, and those that the user adds."""

import pytest

from notification_operator.__main__ import _parse
from notification_operator.run_options import read_run_options

from .clusters import derive
from .manifests import NAMES, derive_named, list_pods, render_cluster


@pytest.mark.parametrize("name", NAMES)
def test_every_pod_gets_what_the_operator_was_told(name: str) -> None:
    pods = list_pods(render_cluster(derive_named(name), pull_secrets=("mirror",)))
    assert all({"name": "mirror"} in pod["spec"]["imagePullSecrets"] for pod in pods.values())


def test_what_the_user_adds_is_kept_and_nothing_is_named_twice() -> None:
    cluster = derive(gateway={"podTemplate": {"imagePullSecrets": [{"name": "own"}, {"name": "mirror"}]}})
    pods = list_pods(render_cluster(cluster, pull_secrets=("mirror", "other")))
    named = [secret["name"] for secret in pods["Deployment demo-gateway"]["spec"]["imagePullSecrets"]]
    assert named == ["own", "mirror", "other"]


def test_without_any_nothing_is_said() -> None:
    pods = list_pods(render_cluster(derive()))
    assert not any("imagePullSecrets" in pod["spec"] for pod in pods.values())


def test_the_operator_is_told_on_its_command_line() -> None:
    arguments = _parse(["run", "--image-pull-secret", "mirror", "--image-pull-secret=other"])
    assert read_run_options(arguments).blueprint.pull_secrets == ("mirror", "other")
