"""What a pass decides to write."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notification_operator.desired import Entry, GeneratedSecret, Manifest, Rendering
from notification_operator.kinds import find_kind
from notification_operator.plan import Observed, Plan, identify, make_plan, stamp
from notification_operator.revision import choose_previous
from notification_operator.setup_job import RETRY_AFTER, Setup, State, judge_setup

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def manifest(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    groups = {"Deployment": "apps/v1", "Job": "batch/v1", "Service": "v1"}
    return {"apiVersion": groups[kind], "kind": kind, "metadata": {"name": name, "namespace": "x"}, "spec": spec}


RENDERING = Rendering(
    generated=(GeneratedSecret({"name": "made"}, (Entry("key", "password"),)),),
    base=(manifest("Service", "nats", ports=[{"port": 4222}]),),
    setup=manifest("Job", "setup-1", template={}),
    setup_hash="1",
    workloads=(manifest("Deployment", "gateway", replicas=2),),
)


def observe(*manifests: Manifest, secrets: tuple[str, ...] = ("made",), ready: int = 2) -> Observed:
    """These objects, as they were applied; of every Deployment, `ready` pods are new and there, and no others."""
    counts = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas"), ready)
    children = {identify(each): {**stamp(each), "status": counts} for each in manifests}
    return Observed(children, frozenset(secrets))


PREVIOUS = replace(
    RENDERING,
    base=(manifest("Service", "nats", ports=[]), manifest("Service", "database")),
    workloads=(manifest("Deployment", "gateway", replicas=9),),
)


def plan(observed: Observed, state: State = "done", previous: Rendering | None = None) -> Plan:
    return make_plan(RENDERING, observed, Setup("1", state, "Reason", "message"), previous)


def names(manifests: Any) -> list[str]:
    return [each["metadata"]["name"] for each in manifests]


def test_what_is_complete_needs_nothing() -> None:
    assert plan(observe(*RENDERING.base, *RENDERING.workloads)) == Plan()


def test_an_empty_namespace_gets_the_base_and_the_setup_first() -> None:
    planned = plan(Observed({}, frozenset()), "absent")
    assert names(planned.create) == ["nats", "setup-1"]
    assert [secret.name for secret in planned.generate] == ["made"]


@pytest.mark.parametrize("state", ["done", "skipped"])
def test_workloads_follow_the_setup(state: State) -> None:
    assert names(plan(observe(*RENDERING.base), state).create) == ["gateway"]


@pytest.mark.parametrize("state", ["absent", "running", "failed", "expired"])
def test_workloads_are_held_as_they_are_until_then(state: State) -> None:
    old = manifest("Deployment", "gateway", replicas=9)
    planned = plan(observe(*RENDERING.base, old), state)
    assert "gateway" not in names((*planned.create, *planned.apply, *planned.delete))
    assert planned.repair == ()


@pytest.mark.parametrize("state", ["absent", "running", "failed", "expired"])
def test_what_ran_before_is_repaired_until_then(state: State) -> None:
    planned = plan(observe(*RENDERING.base), state, PREVIOUS)
    assert names(planned.create)[-2:] == ["database", "gateway"]
    assert planned.create[-1]["spec"] == {"replicas": 9}
    assert names(planned.apply) == []


def test_what_ran_before_is_nothing_to_a_setup_that_is_done() -> None:
    assert plan(observe(*RENDERING.base, *RENDERING.workloads), "done", PREVIOUS) == Plan()


def test_the_previous_rendering_is_the_newest_that_was_set_up() -> None:
    revisions = [
        {"revision": number, "data": {"setup_hash": hash_}} for number, hash_ in ((3, "1"), (5, "1"), (7, "2"))
    ]
    assert choose_previous(revisions, "1") == revisions[1]
    assert choose_previous(revisions, "0") is None
    assert choose_previous([{"revision": 1, "data": {}}], None) is None


def test_a_changed_manifest_is_applied() -> None:
    assert names(plan(observe(manifest("Service", "nats"), *RENDERING.workloads)).apply) == ["nats"]


def test_a_tampered_object_is_repaired_and_its_field_named() -> None:
    observed = observe(*RENDERING.base, *RENDERING.workloads)
    tampered = {**observed.children["Deployment", "gateway"], "spec": {"replicas": 5}}
    observed = Observed({**observed.children, ("Deployment", "gateway"): tampered}, observed.secrets)
    assert [(identify(each.manifest), each.field) for each in plan(observed).repair] == [
        (("Deployment", "gateway"), "spec.replicas")
    ]


def test_what_is_no_longer_wanted_is_deleted_when_all_pods_are_new() -> None:
    old = manifest("Service", "old")
    assert names(plan(observe(*RENDERING.base, *RENDERING.workloads, old)).delete) == ["old"]
    assert plan(observe(*RENDERING.base, *RENDERING.workloads, old, ready=1)).delete == ()
    assert plan(observe(*RENDERING.base, manifest("Deployment", "gateway", replicas=9), old)).delete == ()


@pytest.mark.parametrize("state", ["absent", "running", "failed", "expired"])
def test_of_what_is_no_longer_wanted_only_jobs_go_before_the_setup_is_done(state: State) -> None:
    old = observe(*RENDERING.base, *RENDERING.workloads, manifest("Service", "old"), manifest("Job", "setup-0"))
    assert names(plan(old, state).delete) == ["setup-0"]


def test_pods_that_the_controller_has_not_counted_yet_may_be_old() -> None:
    observed = observe(*RENDERING.base, *RENDERING.workloads, manifest("Service", "old"))
    gateway = observed.children["Deployment", "gateway"]
    newer = {**gateway, "metadata": {**gateway["metadata"], "generation": 2}}
    assert plan(Observed({**observed.children, ("Deployment", "gateway"): newer}, observed.secrets)).delete == ()


def test_what_is_being_deleted_is_not_deleted_again() -> None:
    old = manifest("Service", "old")
    old["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert plan(observe(*RENDERING.base, *RENDERING.workloads, old)).delete == ()


def test_a_job_is_never_changed() -> None:
    there = manifest("Job", "setup-1", template={"other": True})
    planned = plan(observe(*RENDERING.base, *RENDERING.workloads, there), "running")
    assert (planned.apply, planned.repair, planned.delete) == ((), (), ())


def test_an_expired_job_is_deleted_and_not_made_in_the_same_pass() -> None:
    planned = plan(observe(*RENDERING.base, RENDERING.setup or {}), "expired")
    assert names(planned.delete) == ["setup-1"]
    assert planned.create == ()


def test_every_rendered_kind_is_known() -> None:
    assert find_kind(manifest("Job", "x")).locate("ns", "x") == "/apis/batch/v1/namespaces/ns/jobs/x"
    assert find_kind(manifest("Service", "x")).locate(None) == "/api/v1/services"


def job(*conditions: dict[str, str]) -> dict[str, Any]:
    return {**manifest("Job", "setup-1"), "status": {"conditions": list(conditions)}}


def test_a_setup_that_was_recorded_needs_no_job() -> None:
    assert judge_setup(RENDERING, "1", None, NOW).state == "done"
    assert judge_setup(RENDERING, "0", None, NOW).state == "absent"


def test_a_job_runs_until_it_says_otherwise() -> None:
    assert judge_setup(RENDERING, None, job(), NOW).state == "running"
    assert judge_setup(RENDERING, None, job({"type": "Complete", "status": "True"}), NOW).state == "done"


def test_a_failed_job_says_why_and_is_tried_again_later() -> None:
    failure = {
        "type": "Failed",
        "status": "True",
        "reason": "DeadlineExceeded",
        "message": "it took too long",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    early = judge_setup(RENDERING, None, job(failure), NOW + timedelta(seconds=1))
    assert (early.state, early.reason) == ("failed", "DeadlineExceeded")
    assert early.message.startswith(
        "it took too long; `kubectl logs job/setup-1` says why; it is tried again at 00:02:00"
    )
    assert judge_setup(RENDERING, None, job(failure), NOW + RETRY_AFTER).state == "expired"
