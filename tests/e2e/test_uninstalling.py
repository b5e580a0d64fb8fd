"""Operators go and come back, by Helm and by kubectl: clusters serve on, and nobody restarts them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.entrance import Entrance
from tests.e2e.living_pod import list_lives
from tests.e2e.operator_trail import await_pass, list_asked
from tests.e2e.release import DEFINITION, NAME, NAMESPACE, Release
from tests.e2e.right import list_granted
from tests.support.rest import Rest
from tests.support.waiting import eventually_sync

ROOT = Path(__file__).parents[2]
REMOVAL = [
    line.split()[1:]
    for line in (ROOT / "docs" / "installation.md").read_text().splitlines()
    if line.startswith("kubectl delete ")
]
Lives = set[tuple[str, int]]


@pytest.fixture(scope="module")
def lives(demo_entrance: Entrance) -> Lives:
    """The pods that have to stay."""
    return list_lives(demo_entrance.cluster)


async def test_helm_leaves_the_clusters_and_their_definition(
    release: Release, demo_entrance: Entrance, lives: Lives
) -> None:
    release.uninstall()

    assert release.pods == []
    assert list_granted(release.kubernetes, NAMESPACE, NAME) == set()
    await serves_on(release, demo_entrance, lives)


async def test_an_operator_by_kubectl_takes_over_and_writes_nothing(
    release: Release, demo_entrance: Entrance, lives: Lives
) -> None:
    began = datetime.now(UTC)

    release.kubernetes.kubectl("apply", f"--filename={ROOT / 'install.yaml'}")
    eventually_sync(lambda: release.is_whole, within=60, what="the operator of install.yaml")
    await_pass(release, demo_entrance.cluster, began)

    assert [event for event in list_asked(release, demo_entrance.cluster, began) if event.is_write] == []
    await serves_on(release, demo_entrance, lives)


async def test_it_goes_by_the_commands_of_the_documentation(
    release: Release, demo_entrance: Entrance, lives: Lives
) -> None:
    assert len(REMOVAL) == 2

    for words in REMOVAL:
        release.kubernetes.kubectl(*words)

    assert list_granted(release.kubernetes, NAMESPACE, NAME) == set()
    await serves_on(release, demo_entrance, lives)


async def test_helm_takes_the_clusters_over_again(release: Release, demo_entrance: Entrance, lives: Lives) -> None:
    began = datetime.now(UTC)

    release.install()
    await_pass(release, demo_entrance.cluster, began)

    assert [event for event in list_asked(release, demo_entrance.cluster, began) if event.is_write] == []
    await serves_on(release, demo_entrance, lives)


async def serves_on(release: Release, entrance: Entrance, lives: Lives) -> None:
    assert release.kubernetes.get("crd", DEFINITION)
    assert list_lives(entrance.cluster) == lives
    (placed,) = await Rest(entrance.url, entrance.cluster.print_token("producer")).notify("frank")
    inbox = (await Rest(entrance.url, entrance.cluster.print_token("frank")).list()).body
    assert placed["id"] in [notification["id"] for notification in inbox["notifications"]]
