"""Claims get volumes that are bound to them."""

from pathlib import Path
from typing import Any

import pytest

from tests.cluster.volumes import make_volume, wants_volume

CLAIM: dict[str, Any] = {
    "metadata": {"name": "data", "namespace": "default", "uid": "1-2-3"},
    "spec": {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "standard",
    },
    "status": {"phase": "Pending"},
}


def test_a_pending_claim_of_our_class_wants_a_volume() -> None:
    assert wants_volume(CLAIM)


@pytest.mark.parametrize(
    "change",
    [
        {"status": {"phase": "Bound"}},
        {"spec": {**CLAIM["spec"], "storageClassName": "fast"}},
        {"spec": {**CLAIM["spec"], "volumeName": "chosen"}},
        {"metadata": {**CLAIM["metadata"], "deletionTimestamp": "2026-01-02T03:04:05Z"}},
    ],
    ids=["bound", "another class", "chosen by hand", "being deleted"],
)
def test_other_claims_want_none(change: dict[str, Any]) -> None:
    assert not wants_volume({**CLAIM, **change})


def test_a_volume_is_as_large_as_was_asked_and_for_its_claim_only() -> None:
    spec = make_volume(CLAIM, Path("/volumes"))["spec"]
    assert spec["capacity"] == {"storage": "1Gi"}
    assert spec["accessModes"] == ["ReadWriteOnce"]
    assert spec["claimRef"]["uid"] == "1-2-3"
    assert spec["local"] == {"path": "/volumes/pvc-1-2-3"}
