"""Leaders die, stall and leave: another one leads soon, and nothing is written by one who does not lead any more."""

import time
from datetime import UTC, datetime

import pytest

from notification_operator.election import DEFAULT_TERMS
from tests.e2e.child import Child
from tests.e2e.notification_cluster import NotificationCluster
from tests.e2e.operator_trail import list_late_writes, list_reigns, list_requests
from tests.e2e.quiet import Quiet
from tests.e2e.release import NAMESPACE, Release
from tests.support.waiting import eventually_sync

LIMIT = 20.0


@pytest.fixture
def leader(release: Release, quiet: Quiet) -> str:
    """The identity that leads, while another replica waits to."""
    eventually_sync(lambda: release.is_whole, within=60, what="two replicas")
    return release.holder


def test_another_leads_in_time_when_the_leader_is_killed(leader: str, release: Release) -> None:
    killed = datetime.now(UTC)
    release.kubernetes.signal_pod(NAMESPACE, name_pod(leader), "SIGKILL")

    print(f"another led {await_successor(release, leader, killed):.1f} s after the leader was killed")


def test_a_leader_that_wakes_up_too_late_ends_without_a_write(
    leader: str, release: Release, demo: NotificationCluster
) -> None:
    pod, stopped = name_pod(leader), datetime.now(UTC)
    before = release.read_restarts(pod)
    release.kubernetes.signal_pod(NAMESPACE, pod, "SIGSTOP")
    try:
        took = await_successor(release, leader, stopped)
        change_something(demo)
    finally:
        release.kubernetes.signal_pod(NAMESPACE, pod, "SIGCONT")

    eventually_sync(lambda: release.read_restarts(pod) > before, within=30, what="the end of the one that slept")
    # The API may still name a container that the node has removed for this one
    eventually_sync(
        lambda: "this process ends" in release.read_log(pod, "--previous"), within=30, what="its last words in the log"
    )
    print(f"another led {took:.1f} s after the leader was stopped, which ended itself when it woke up")


def test_a_leader_that_leaves_hands_over_at_once(leader: str, release: Release) -> None:
    left = datetime.now(UTC)
    release.kubernetes.kubectl("delete", "pod", name_pod(leader), f"--namespace={NAMESPACE}", "--wait=false")

    took = await_successor(release, leader, left)

    assert took < DEFAULT_TERMS.duration  # it was released, and did not run out
    print(f"another led {took:.1f} s after the leader was told to leave")


def test_no_one_has_written_anything_after_the_next_one_led(release: Release) -> None:
    reigns = list_reigns(list_requests(release))
    assert len(reigns) > 3

    assert list_late_writes(reigns) == []
    print(f"{len(reigns) - 1} takeovers, and 0 writes by any former leader after one")


def test_no_process_has_met_a_fault_of_its_own(release: Release) -> None:
    # The replica that follows the one that left has no log before its container runs
    eventually_sync(lambda: release.is_whole, within=LIMIT, what="two replicas")

    assert release.find_tracebacks() == []


def await_successor(release: Release, leader: str, since: datetime) -> float:
    """How many seconds after `since` another than `leader` took the Lease."""
    eventually_sync(lambda: release.holder not in {"", leader}, within=LIMIT, what=f"another leader than {leader}")
    took = (datetime.fromisoformat(release.lease["acquireTime"]) - since).total_seconds()
    assert took < LIMIT
    return took


def change_something(demo: NotificationCluster) -> None:
    """Give the operator something to write, and wait until whoever leads has done it."""
    note = {"chapter": f"leading {time.time():.0f}"}
    service = Child(demo, "Service", "demo-gateway")
    demo.patch({"gateway": {"service": {"annotations": note}}})
    eventually_sync(
        lambda: service.raw["metadata"]["annotations"].items() >= note.items(),
        within=LIMIT,
        what="the Service's change",
    )


def name_pod(identity: str) -> str:
    return identity.partition("_")[0]
