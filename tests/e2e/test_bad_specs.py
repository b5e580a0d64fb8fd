"""No bad spec gets through the real API server: it is refused, or the operator says in a condition what is wrong."""

from collections.abc import Iterator

import pytest

from tests.e2e.notification_cluster import NotificationCluster
from tests.e2e.quiet import Quiet
from tests.e2e.release import Release
from tests.support.waiting import eventually_sync
from tests.unit.operator.bad_specs import BAD_SPECS, BadSpec
from tests.unit.operator.clusters import write_file

NAMESPACE = "bad-specs"
REFUSED = [bad for bad in BAD_SPECS if not bad.in_condition]
REPORTED = [bad for bad in BAD_SPECS if bad.in_condition]
SECONDS = 10.0


@pytest.fixture(scope="module")
def cluster_to_be(release: Release) -> Iterator[NotificationCluster]:
    """The name `demo` in a namespace of this chapter."""
    cluster = NotificationCluster.in_new_namespace(release.kubernetes, NAMESPACE, "demo")
    yield cluster
    cluster.remove_namespace()


def test_production_is_left_alone_from_here_on(quiet: Quiet) -> None:
    assert len(quiet.versions) > 15


def describe(bad: BadSpec) -> str:
    return f"{bad.field} of {bad.spec}"[:80]


@pytest.mark.parametrize("bad", REFUSED, ids=describe)
def test_the_api_server_refuses_a_bad_spec_by_the_name_of_its_field(
    bad: BadSpec, cluster_to_be: NotificationCluster
) -> None:
    with pytest.raises(AssertionError) as refusal:
        create(cluster_to_be, bad)

    assert bad.field in str(refusal.value)


@pytest.mark.parametrize("bad", REPORTED, ids=describe)
def test_what_no_schema_can_refuse_is_reported_by_the_name_of_its_field(
    bad: BadSpec, cluster_to_be: NotificationCluster
) -> None:
    create(cluster_to_be, bad)
    try:
        eventually_sync(lambda: "Reconciled" in cluster_to_be.conditions, within=SECONDS, what=f"a word on {bad.field}")
        said = cluster_to_be.conditions["Reconciled"]
        assert (said["status"], said["reason"]) == ("False", "InvalidSpec")
        assert bad.field in said["message"]
        assert cluster_to_be.objects == {}
    finally:
        cluster_to_be.delete()


def test_they_are_many_and_none_has_shaken_the_operator(release: Release) -> None:
    assert len(REFUSED) + len(REPORTED) >= 60
    assert release.find_tracebacks() == []
    print(f"{len(REFUSED)} bad specs were refused by the API server, {len(REPORTED)} reported in a condition")


def create(cluster: NotificationCluster, bad: BadSpec) -> None:
    cluster.kubectl("create", "--filename=-", text=write_file(**bad.spec).decode())
