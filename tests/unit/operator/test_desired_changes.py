"""A change restarts the pods that it concerns, and no others."""

from typing import Any

import pytest

from notification_operator.desired import Rendering
from notification_operator.images import Images

from .clusters import CHANNELS, EMAIL, derive
from .manifests import list_pods, render_cluster

GATEWAY, WORKER, NATS, POSTGRES = (
    "Deployment demo-gateway",
    "Deployment demo-worker",
    "StatefulSet demo-nats",
    "StatefulSet demo-postgres",
)


def render_spec(spec: dict[str, Any], **changes: Any) -> Rendering:
    return render_cluster(derive(**spec), **changes)


def list_restarts(before: Rendering, after: Rendering) -> set[str]:
    old, new = list_pods(before), list_pods(after)
    return {name for name in old.keys() & new.keys() if old[name] != new[name]}


@pytest.mark.parametrize(
    ("spec", "restarted", "sets_up_again"),
    [
        ({"gateway": {"replicas": 3}}, set(), False),
        ({"worker": {"replicas": 4}}, set(), False),
        ({"gateway": {"service": {"type": "NodePort"}}}, set(), False),
        ({"hibernate": True}, set(), False),
        ({"gateway": {"connectionLimit": 9000}}, {GATEWAY}, False),
        ({"auth": {"issuer": "https://id.example"}}, {GATEWAY}, False),
        ({"gateway": {"resources": {"limits": {"cpu": 2}}}}, {GATEWAY}, False),
        ({"worker": {"concurrency": {"low": 1}}}, {WORKER}, True),
        ({"channels": {"push": {"fcm": CHANNELS["push"]["fcm"]}}}, {WORKER}, True),
        ({"channels": {"email": EMAIL}}, {GATEWAY, WORKER}, True),
        ({"worker": {"podTemplate": {"nodeSelector": {"disk": "ssd"}}}}, {WORKER}, True),
        ({"nats": {"syncInterval": "always"}}, {NATS}, False),
        ({"database": {"embedded": {"storage": "1Gi"}, "pool": {"max": 5}}}, {GATEWAY, WORKER}, True),
        ({"image": "registry.example/workloads:2"}, {GATEWAY, WORKER}, True),
    ],
)
def test_a_change_of_the_spec_restarts_only_what_it_concerns(
    spec: dict[str, Any], restarted: set[str], sets_up_again: bool
) -> None:
    before, after = render_spec({}), render_spec(spec)
    assert list_restarts(before, after) == restarted
    assert (before.setup_hash != after.setup_hash) == sets_up_again


def test_another_config_never_reaches_pods_that_were_made_for_this_one() -> None:
    before, after = (
        list_config_maps(render_spec({})),
        list_config_maps(render_spec({"worker": {"concurrency": {"low": 1}}})),
    )
    assert len(before.keys() & after.keys()) == 1, "the gateways' is the same"
    assert all(before[name] == after[name] for name in before.keys() & after.keys())


def list_config_maps(rendering: Rendering) -> dict[str, Any]:
    """What cannot be changed once it is made: the workloads' config, by name."""
    immutable = [manifest for manifest in rendering.base if manifest.get("immutable")]
    assert {manifest["kind"] for manifest in immutable} == {"ConfigMap"}
    return {manifest["metadata"]["name"]: manifest["data"] for manifest in immutable}


def test_a_mark_has_the_setup_run_again_and_changes_nothing_else() -> None:
    before, after = render_spec({}), render_spec({}, setup_mark="restored on Monday")
    assert before.setup_hash != after.setup_hash
    assert (before.base, before.workloads) == (after.base, after.workloads)


def test_more_nats_servers_are_set_up_anew() -> None:
    before, after = render_spec({"nats": {"servers": 3}}), render_spec({"nats": {"servers": 5}})
    assert list_restarts(before, after) == {GATEWAY, WORKER}
    assert before.setup_hash != after.setup_hash
    assert before.generated == after.generated


def test_another_version_of_a_users_secret_restarts_who_reads_it() -> None:
    key = {"id": "a", "algorithm": "RS256", "secretRef": {"name": "jwt", "key": "a.pem"}}
    spec = {"auth": {"keys": [key]}, "database": {"secretRef": {"name": "pg"}}}
    before = render_spec(spec, secret_versions={"jwt": "1", "pg": "1"})
    assert list_restarts(before, render_spec(spec, secret_versions={"jwt": "2", "pg": "1"})) == {GATEWAY}
    assert list_restarts(before, render_spec(spec, secret_versions={"jwt": "1", "pg": "2"})) == {GATEWAY, WORKER}


def test_another_version_of_a_providers_secret_restarts_the_workers() -> None:
    before = render_spec({"channels": CHANNELS}, secret_versions={"fcm": "1"})
    assert list_restarts(before, render_spec({"channels": CHANNELS}, secret_versions={"fcm": "2"})) == {WORKER}


def test_versions_of_other_secrets_make_no_difference() -> None:
    assert render_spec({}) == render_spec({}, secret_versions={"demo-nats-users": "7", "demo-postgres": "8"})


def test_an_operator_with_other_default_images_leaves_a_resolved_one_alone() -> None:
    before = render_spec({}, images=Images("one/workloads:1", "one/nats:1", "one/postgres:1"))
    after = render_spec({}, images=Images("one/workloads:1", "two/nats:2", "one/postgres:1"))
    assert list_restarts(before, after) == {NATS}


def test_the_setup_job_is_named_by_what_it_depends_on() -> None:
    rendering = render_spec({})
    assert rendering.setup is not None
    assert rendering.setup["metadata"]["name"] == f"demo-setup-{rendering.setup_hash}"
    assert len(rendering.setup_hash) == 10
