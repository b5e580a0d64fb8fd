"""Whatever is made belongs to its cluster: it lies in its namespace, says whose it is, and goes with it."""

from typing import Any

import pytest

from notification_operator.errors import InvalidSpec
from notification_operator.kinds import CHILDREN, find_kind
from notification_operator.names import Names, label, select
from notification_operator.spec import parse_document

from .clusters import write_file
from .manifests import NAMES, derive_named, list_manifests, list_pods, render_cluster

OWNER = {
    "apiVersion": "notification-operator.dev/v1alpha1",
    "kind": "NotificationCluster",
    "uid": "0a1b",
    "controller": True,
    "blockOwnerDeletion": True,
}


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_owned_by_the_cluster(name: str) -> None:
    cluster = derive_named(name)
    rendering = render_cluster(cluster)
    every = [*(secret.metadata for secret in rendering.generated), *(m["metadata"] for m in list_manifests(rendering))]
    assert [metadata["ownerReferences"] for metadata in every] == [[{**OWNER, "name": cluster.name}]] * len(every)
    assert {metadata["namespace"] for metadata in every} == {"team"}
    assert all(metadata["name"].startswith(f"{cluster.name}-") for metadata in every)


@pytest.mark.parametrize("name", NAMES)
def test_everything_says_what_it_is_part_of(name: str) -> None:
    cluster = derive_named(name)
    for manifest in list_manifests(render_cluster(cluster)):
        labels = manifest["metadata"]["labels"]
        assert labels == label(cluster.name, labels["app.kubernetes.io/component"])


@pytest.mark.parametrize("name", NAMES)
def test_selectors_match_the_pods_and_nothing_that_may_change(name: str) -> None:
    rendering = render_cluster(derive_named(name))
    for manifest in list_manifests(rendering):
        selector = manifest.get("spec", {}).get("selector")
        if selector is None:
            continue
        component = manifest["metadata"]["labels"]["app.kubernetes.io/component"]
        selected = selector.get("matchLabels", selector)
        assert selected == select(manifest["metadata"]["labels"]["app.kubernetes.io/instance"], component)
        pods = [pod["metadata"]["labels"] for pod in list_pods(rendering).values()]
        assert [labels for labels in pods if selected.items() <= labels.items()] == [
            labels for labels in pods if labels["app.kubernetes.io/component"] == component
        ]


@pytest.mark.parametrize("name", NAMES)
def test_no_two_objects_of_a_kind_share_a_name(name: str) -> None:
    manifests = list_manifests(render_cluster(derive_named(name)))
    identities = [(manifest["kind"], manifest["metadata"]["name"]) for manifest in manifests]
    assert len(identities) == len(set(identities))
    assert {find_kind(manifest) for manifest in manifests} <= set(CHILDREN)


def test_the_longest_name_leaves_room_for_every_suffix() -> None:
    names = Names("a" * 40)
    rendered: list[Any] = [names.gateway, names.worker, names.nats, names.postgres, names.nats_users, names.jwt_demo]
    # The hash of a StatefulSet's revision is a label of its pods: name, a dash and ten digits in 63 characters.
    assert max(map(len, rendered)) <= 52
    assert len(names.setup("0123456789")) + len("-12345") <= 63


def test_a_name_that_is_too_long_is_refused() -> None:
    with pytest.raises(InvalidSpec) as refusal:
        parse_document(write_file().replace(b"name: demo", b"name: " + b"a" * 41))
    assert refusal.value.field == "metadata.name"
