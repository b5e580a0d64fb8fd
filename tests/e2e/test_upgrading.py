"""The operator is upgraded, to other images too: what it has made goes on as it is."""

from datetime import UTC, datetime

import pytest

from tests.e2e.living_pod import list_lives
from tests.e2e.notification_cluster import NotificationCluster
from tests.e2e.operator_trail import await_pass, list_asked
from tests.e2e.quiet import Quiet
from tests.e2e.release import Release
from tests.support.waiting import eventually_sync

NEXT = "ghcr.io/notification-operator/notification-{}:next"
SETTINGS = {
    "of another version": (
        f"--set=images.workloads={NEXT.format('workloads')}",
        f"--set=images.postgres={NEXT.format('postgres')}",
        "--set=podAnnotations.chapter=upgrading",
        "--set=resources.requests.cpu=60m",
    ),
    "of this version again": ("--reset-values",),
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_an_upgrade_to_an_operator_restarts_no_pod(
    settings: tuple[str, ...], release: Release, demo: NotificationCluster, quiet: Quiet
) -> None:
    clusters, began, former = (demo, quiet.cluster), datetime.now(UTC), release.holder
    eventually_sync(demo.is_ready, within=120, what="the readiness of the demo")
    before = [list_lives(cluster) for cluster in clusters]

    release.upgrade(*settings)
    eventually_sync(lambda: release.is_whole and release.holder != former, within=60, what="the new operator")
    for cluster in clusters:
        await_pass(release, cluster, began)

    assert [list_lives(cluster) for cluster in clusters] == before
    assert all(cluster.is_ready() for cluster in clusters)
    assert [event for event in list_asked(release, quiet.cluster, began) if event.is_write] == []
    assert release.find_tracebacks() == []
