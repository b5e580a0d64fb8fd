"""How many pods there are, and how they come and go."""

import json
from typing import Any

import pytest

from notification_operator.desired import Manifest, Rendering
from notification_operator.drain import (
    DEFAULT_PACE,
    LONGEST_DRAIN,
    USUAL_DRAIN,
    allow_drain_seconds,
    choose_grace_period,
    count_drain_seconds,
)
from notifications.config import DrainConfig
from notifications.domain.limits import MAX_DRAIN_WITHIN

from .clusters import derive
from .manifests import list_manifests, render_cluster


def find(rendering: Rendering, kind: str, name: str) -> Manifest | None:
    manifests = list_manifests(rendering)
    return next((each for each in manifests if (each["kind"], each["metadata"]["name"]) == (kind, name)), None)


def list_budgets(**spec: Any) -> set[str]:
    manifests = list_manifests(render_cluster(derive(**spec)))
    return {each["metadata"]["name"] for each in manifests if each["kind"] == "PodDisruptionBudget"}


def test_only_what_has_several_pods_has_a_disruption_budget() -> None:
    assert list_budgets() == {"demo-gateway"}
    assert list_budgets(gateway={"replicas": 1}, worker={"replicas": 2}, nats={"servers": 3}) == {
        "demo-worker",
        "demo-nats",
    }
    assert list_budgets(gateway={"autoscaling": {"minReplicas": 1, "maxReplicas": 3}}) == {"demo-gateway"}


def test_a_gateway_is_replaced_before_it_leaves() -> None:
    deployment = find(render_cluster(derive()), "Deployment", "demo-gateway")
    assert deployment is not None
    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert deployment["spec"]["minReadySeconds"] == 15
    grace = deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert deployment["spec"]["progressDeadlineSeconds"] > grace


@pytest.mark.parametrize(("seconds", "period"), [(0, 60), (30, 60), (31, 120), (270, 300), (271, 900), (3570, 3600)])
def test_the_grace_period_grows_in_few_steps(seconds: int, period: int) -> None:
    assert choose_grace_period(seconds) == period


def test_every_drain_that_is_allowed_has_a_grace_period() -> None:
    assert choose_grace_period(LONGEST_DRAIN) == 3600
    assert count_drain_seconds(3, 1000, 999) == 4


@pytest.mark.parametrize("gateways", [1, 2, 7, 50])
@pytest.mark.parametrize("pace", [150, 200, 1000])
def test_gateways_that_hear_nobody_have_time_enough_to_stay_within_the_budget(gateways: int, pace: int) -> None:
    seconds = allow_drain_seconds(count_drain_seconds(gateways, 10_000, pace))
    assert gateways * 10_000 / seconds <= pace


def read_drain(**gateway: Any) -> Any:
    """What a gateway of the cluster is told of draining."""
    (file,) = (
        each["data"]["gateway.json"]
        for each in list_manifests(render_cluster(derive(gateway=gateway)))
        if "gateway.json" in each.get("data", {})
    )
    return json.loads(file).get("drain")


def test_gateways_are_told_how_fast_and_until_when_they_move_clients() -> None:
    assert read_drain() is None, "they know the defaults"
    assert read_drain(drain={"maxReconnectsPerSecond": 100}) == {"maxReconnectsPerSecond": 100}
    assert read_drain(replicas=6) == {"withinSeconds": 870}
    assert read_drain(replicas=1, connectionLimit=100, drain={"maxReconnectsPerSecond": 500}) == {
        "maxReconnectsPerSecond": 500,
        "withinSeconds": 30,
    }


def test_what_they_are_not_told_they_know() -> None:
    assert DrainConfig() == DrainConfig(DEFAULT_PACE, USUAL_DRAIN)
    assert LONGEST_DRAIN == MAX_DRAIN_WITHIN


def test_one_gateway_more_within_the_same_grace_period_restarts_none() -> None:
    assert read_drain(replicas=3) == read_drain(replicas=5)


def test_a_hibernating_cluster_keeps_its_volumes_and_runs_no_pod() -> None:
    rendering = render_cluster(derive(hibernate=True, nats={"servers": 3}))
    replicas = {
        f"{each['kind']} {each['metadata']['name']}": each["spec"]["replicas"]
        for each in list_manifests(rendering)
        if "replicas" in each.get("spec", {})
    }
    assert replicas == {
        "StatefulSet demo-postgres": 0,
        "StatefulSet demo-nats": 0,
        "Deployment demo-worker": 0,
        "Deployment demo-gateway": 0,
    }
    assert rendering.setup is None
    nats = find(rendering, "StatefulSet", "demo-nats")
    assert nats is not None
    assert nats["spec"]["persistentVolumeClaimRetentionPolicy"]["whenScaled"] == "Retain"


@pytest.mark.parametrize(("policy", "kept"), [("Retain", "Retain"), ("Delete", "Delete"), (None, "Delete")])
def test_volumes_go_with_the_cluster_unless_they_are_to_stay(policy: str | None, kept: str) -> None:
    storage = {"whenDeleted": policy} if policy else {}
    nats = find(render_cluster(derive(nats={"storage": storage})), "StatefulSet", "demo-nats")
    assert nats is not None
    assert nats["spec"]["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == kept


def test_nats_servers_start_together_and_leave_gently() -> None:
    rendering = render_cluster(derive(nats={"servers": 3}))
    nats, service = find(rendering, "StatefulSet", "demo-nats"), find(rendering, "Service", "demo-nats")
    assert nats is not None
    assert service is not None
    assert nats["spec"]["podManagementPolicy"] == "Parallel"
    assert service["spec"]["publishNotReadyAddresses"] is True
    (container,) = nats["spec"]["template"]["spec"]["containers"]
    assert container["lifecycle"]["preStop"]["exec"]["command"] == ["nats-server", "--signal", "ldm=/tmp/nats.pid"]


def test_the_one_nats_server_of_a_trial_ends_at_once() -> None:
    nats = find(render_cluster(derive()), "StatefulSet", "demo-nats")
    assert nats is not None
    assert "lifecycle" not in nats["spec"]["template"]["spec"]["containers"][0]


def test_a_database_of_the_user_is_not_rendered() -> None:
    rendering = render_cluster(derive(database={"secretRef": {"name": "pg"}}))
    assert find(rendering, "StatefulSet", "demo-postgres") is None
    assert {secret.name for secret in rendering.generated} == {"demo-nats-users", "demo-jwt-demo"}
