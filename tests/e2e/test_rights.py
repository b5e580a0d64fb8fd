"""Near the end of the story: the operator has used every right it has, and wanted none that it has not."""

from collections.abc import Sequence

import pytest

from tests.cluster.audit import AuditEvent
from tests.e2e.operator_trail import list_late_writes, list_refusals, list_reigns, list_requests
from tests.e2e.release import NAME, NAMESPACE, Release
from tests.e2e.right import list_granted, list_used


@pytest.fixture(scope="module")
def asked(release: Release) -> Sequence[AuditEvent]:
    return list_requests(release)


def test_nothing_was_forbidden(release: Release) -> None:
    assert list_refusals(release) == []


def test_the_rights_granted_are_the_rights_used(release: Release, asked: Sequence[AuditEvent]) -> None:
    granted, used = list_granted(release.kubernetes, NAMESPACE, NAME), list_used(asked)

    assert sorted(used - granted) == []
    assert sorted(granted - used) == []
    print(f"{len(granted)} rights are granted, and these are used: {len(asked)} requests")


def test_no_former_leader_has_written_in_the_whole_story(asked: Sequence[AuditEvent]) -> None:
    reigns = list_reigns(asked)

    assert list_late_writes(reigns) == []
    print(f"{len(reigns) - 1} takeovers in the whole story, and 0 writes by any former leader after one")


def test_no_process_that_is_left_has_met_a_fault_of_its_own(release: Release) -> None:
    assert release.find_tracebacks() == []
