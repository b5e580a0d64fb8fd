"""Five minutes in which the production-like cluster was left alone: passes over it write nothing, whoever leads."""

from tests.e2e.operator_trail import count_passes, list_asked
from tests.e2e.quiet import LENGTH, Quiet, read_versions
from tests.e2e.release import Release
from tests.support.waiting import eventually_sync


def test_no_object_has_changed(quiet: Quiet) -> None:
    eventually_sync(lambda: quiet.is_over, within=LENGTH + 1, what="the end of the quiet", pause=1)

    assert read_versions(quiet.cluster) == quiet.versions
    print(f"{len(quiet.versions)} objects of production have had the same resourceVersion for {LENGTH:.0f} s")


def test_the_operator_has_looked_and_written_nothing(quiet: Quiet, release: Release) -> None:
    asked = list_asked(release, quiet.cluster, quiet.began)

    assert [event for event in asked if event.is_write] == []
    passes = count_passes(asked)
    assert passes
    print(f"{passes.total()} passes over production by {len(passes)} leaders, {len(asked)} reads and 0 writes")
