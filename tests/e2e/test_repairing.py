"""What is edited by hand in the demo's objects is put back, and what others have added is left alone."""

import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.e2e.child import Child
from tests.e2e.edit import EDITS, Edit
from tests.e2e.notification_cluster import NotificationCluster, Object
from tests.e2e.stray import KINDS, list_strays, plant_strays
from tests.support.waiting import eventually_sync

LIMIT = 30.0
THEIRS = {"their.example/note": "theirs"}
# Of each kind one edit, and fields of others beside those that any object may have
FIRST_EDITS = {edit.kind: edit for edit in reversed(EDITS)}
FOREIGN: dict[str, Object] = {
    "ConfigMap": {"data": {"theirs": "x"}},
    "Service": {"spec": {"internalTrafficPolicy": "Local"}},
    "ServiceAccount": {"imagePullSecrets": [{"name": "theirs"}]},
}
DELETED = (
    ("ConfigMap", "demo-nats"),
    ("Service", "demo-nats"),
    ("Deployment", "demo-worker"),
    ("PodDisruptionBudget", "demo-gateway"),
    ("ServiceAccount", "demo-worker"),
)


@pytest.fixture(scope="module")
def seconds() -> Iterator[list[float]]:
    """How long each repair took."""
    taken: list[float] = []
    yield taken
    print(f"{len(taken)} repairs, the slowest after {max(taken, default=0):.1f} s")


@pytest.fixture(scope="module", autouse=True)
def settled(demo: NotificationCluster) -> None:
    eventually_sync(demo.is_ready, within=120, what="the readiness of the demo")


@pytest.mark.parametrize("edit", EDITS, ids=str)
def test_an_owned_field_is_put_back(edit: Edit, demo: NotificationCluster, seconds: list[float]) -> None:
    repair(edit, demo, seconds)


@pytest.mark.parametrize("kind", FIRST_EDITS)
def test_what_others_have_added_outlives_a_repair(kind: str, demo: NotificationCluster, seconds: list[float]) -> None:
    edit = FIRST_EDITS[kind]
    child = Child(demo, kind, edit.name)
    child.merge({"metadata": {"labels": THEIRS, "annotations": THEIRS}, **FOREIGN.get(kind, {})})
    before = child.content

    repair(edit, demo, seconds)

    assert child.content == before
    assert before["metadata"]["labels"].items() >= THEIRS.items()


@pytest.mark.parametrize(("kind", "name"), DELETED)
def test_a_deleted_object_comes_back(kind: str, name: str, demo: NotificationCluster, seconds: list[float]) -> None:
    child = Child(demo, kind, name)
    before, began = child.uid, time.monotonic()

    child.delete()

    eventually_sync(lambda: child.uid not in {"", before}, within=LIMIT, what=f"another {kind} {name}")
    seconds.append(time.monotonic() - began)


def test_an_object_without_our_label_gets_it_again(demo: NotificationCluster) -> None:
    child = Child(demo, "ConfigMap", "demo-nats")
    before = child.content

    child.merge({"metadata": {"labels": {"app.kubernetes.io/managed-by": None}}})

    eventually_sync(lambda: child.content == before, within=LIMIT, what="the label's return")


def test_a_restart_that_somebody_asked_for_is_done_once(demo: NotificationCluster) -> None:
    worker = Child(demo, "Deployment", "demo-worker")
    before = worker.raw["metadata"]["generation"]

    demo.kubectl("rollout", "restart", "deployment/demo-worker")
    demo.kubectl("rollout", "status", "deployment/demo-worker", "--timeout=60s")

    assert worker.raw["metadata"]["generation"] == before + 1
    assert "kubectl.kubernetes.io/restartedAt" in worker.raw["spec"]["template"]["metadata"]["annotations"]


def test_what_no_rendering_wants_is_pruned(demo: NotificationCluster) -> None:
    plant_strays(demo)
    eventually_sync(lambda: list_strays(demo) <= {"ControllerRevision"}, within=LIMIT, what="the end of the strays")

    # Old renderings are looked for when there is a new one
    demo.patch({"gateway": {"service": {"annotations": {"chapter": "repairing"}}}})

    eventually_sync(lambda: not list_strays(demo), within=LIMIT, what="the end of an old rendering")
    print(f"strays of {len(KINDS)} kinds were pruned")


def test_each_repair_is_told_in_one_event(demo: NotificationCluster) -> None:
    told = Counter(event["message"] for event in demo.get("events", "--field-selector=reason=Repaired")["items"])

    for edit in EDITS:
        assert told[f"put back {edit}; change the NotificationCluster demo instead"] == 1


def test_the_demo_is_ready_after_all_that(demo: NotificationCluster) -> None:
    eventually_sync(demo.is_ready, within=60, what="the readiness of the demo")


def repair(edit: Edit, demo: NotificationCluster, seconds: list[float]) -> None:
    child = Child(demo, edit.kind, edit.name)
    before = child.content
    edit.make(child)
    began = time.monotonic()
    eventually_sync(lambda: child.content == before, within=LIMIT, what=f"the return of {edit}")
    seconds.append(time.monotonic() - began)
