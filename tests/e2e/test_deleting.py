"""What a cluster owned goes with it, but for the volumes that its spec wants kept."""

import time
from pathlib import Path

import pytest

from tests.e2e.entrance import Entrance, open_entrance
from tests.e2e.identity_provider import IdentityProvider
from tests.e2e.notification_cluster import NotificationCluster
from tests.support.rest import Rest
from tests.support.waiting import eventually_sync

SAMPLE = Path(__file__).parents[2] / "crds" / "samples" / "production.yaml"
LIMIT = 60.0
PAUSE = 0.5  # between two looks at all objects
KEPT = {"demo": set[str](), "production": {f"data-notifications-nats-{ordinal}" for ordinal in range(3)}}


@pytest.mark.parametrize("sample", ["demo", "production"])
def test_nothing_is_left_but_the_volumes_that_are_to_be_kept(sample: str, request: pytest.FixtureRequest) -> None:
    entrance: Entrance = request.getfixturevalue(f"{sample}_entrance")
    cluster, begun = entrance.cluster, time.monotonic()
    expected = {("PersistentVolumeClaim", name) for name in KEPT[sample]}
    assert cluster.objects.keys() > expected

    cluster.delete()

    eventually_sync(
        lambda: cluster.objects.keys() <= expected,
        within=LIMIT,
        what=f"the end of all that {sample} owned",
        pause=PAUSE,
    )
    print(f"{sample}: all objects were gone {time.monotonic() - begun:.0f} s after the deletion began")
    assert cluster.objects.keys() == expected
    assert not [each for each in cluster.objects.values() if "deletionTimestamp" in each["metadata"]]


async def test_a_cluster_made_anew_goes_on_with_what_was_kept(
    production: NotificationCluster, identity_provider: IdentityProvider
) -> None:
    kept = {each["metadata"]["uid"] for each in production.objects.values()}
    assert len(kept) == len(KEPT["production"])

    production.apply(SAMPLE)
    entrance = open_entrance(production)

    claims = production.get("persistentvolumeclaims")["items"]
    assert {claim["metadata"]["uid"] for claim in claims} == kept
    (placed,) = await Rest(entrance.url, identity_provider.sign("producer")).notify("carol")
    inbox = (await Rest(entrance.url, identity_provider.sign("carol")).list()).body
    assert placed["id"] in [notification["id"] for notification in inbox["notifications"]]
