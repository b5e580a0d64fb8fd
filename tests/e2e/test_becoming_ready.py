"""Both samples become Ready from what their files say they need."""

from datetime import datetime

import pytest

from tests.e2e.notification_cluster import NotificationCluster
from tests.support.waiting import eventually_sync

LIMIT = 90.0


@pytest.mark.parametrize("sample", ["demo", "production"])
def test_a_sample_becomes_ready_in_time(sample: str, request: pytest.FixtureRequest) -> None:
    cluster: NotificationCluster = request.getfixturevalue(sample)

    eventually_sync(cluster.is_ready, within=LIMIT, what=f"the readiness of {sample}")

    made = datetime.fromisoformat(cluster.resource["metadata"]["creationTimestamp"])
    ready = datetime.fromisoformat(cluster.conditions["Ready"]["lastTransitionTime"])
    took = (ready - made).total_seconds()
    print(f"{sample}.yaml was Ready {took:.0f} s after it was applied")
    assert took < LIMIT


@pytest.mark.parametrize("sample", ["demo", "production"])
def test_every_condition_of_a_ready_sample_says_so(sample: str, request: pytest.FixtureRequest) -> None:
    cluster: NotificationCluster = request.getfixturevalue(sample)

    states = {name: condition["status"] for name, condition in cluster.conditions.items()}

    assert states.pop("Paused") == "False"
    assert set(states.values()) == {"True"}
