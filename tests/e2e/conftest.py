"""The whole system on a real Kubernetes: one story in chapters, each of which builds on the ones before."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from images.recipe import RECIPES
from tests.cluster.errors import CannotRun
from tests.e2e.database import place_database
from tests.e2e.entrance import Entrance, open_entrance
from tests.e2e.identity_provider import IdentityProvider
from tests.e2e.notification_cluster import NotificationCluster
from tests.e2e.quiet import Quiet, begin_quiet
from tests.e2e.release import Release
from tests.support.kubernetes import Kubernetes

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SAMPLES = ROOT / "crds" / "samples"
SECONDS_FOR_A_TEST = 900
CHAPTERS = (
    "test_installing",
    "test_becoming_ready",
    "test_serving",
    "test_bad_specs",
    "test_repairing",
    "test_leading",
    "test_upgrading",
    "test_uninstalling",
    "test_staying_quiet",
    "test_surviving_kills",
    "test_deleting",
    "test_rights",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    own = [item for item in items if item.path.is_relative_to(HERE)]
    for item in own:
        item.add_marker(pytest.mark.cluster)
        item.add_marker(pytest.mark.timeout(SECONDS_FOR_A_TEST))
    own.sort(key=lambda item: CHAPTERS.index(item.path.stem))
    items[:] = [item for item in items if item not in own] + own


@pytest.fixture(scope="session")
def images(cluster: Kubernetes) -> None:
    """The four images, on every node; on a cluster that was given they have to be there already."""
    archives = [ROOT / "dist" / "images" / f"{recipe.name}.tar" for recipe in RECIPES]
    missing = [archive.name for archive in archives if not archive.exists()]
    assert not missing, f"dist/images/ lacks {', '.join(missing)}: run `make images`"
    try:
        cluster.load_images(*archives)
    except CannotRun as error:
        print(f"the images are taken as they are on the nodes: {error}")


@pytest.fixture(scope="session")
def release(cluster: Kubernetes, images: None) -> Iterator[Release]:
    """The operator, as Helm installs it."""
    release = Release(cluster)
    release.install()
    yield release
    release.remove()


@pytest.fixture(scope="session")
def identity_provider() -> IdentityProvider:
    """Who signs the tokens of the production-like cluster."""
    return IdentityProvider.create()


@pytest.fixture(scope="session")
def demo(release: Release) -> Iterator[NotificationCluster]:
    """demo.yaml, applied in an empty namespace where nothing was made beforehand."""
    cluster = NotificationCluster.in_new_namespace(release.kubernetes, "demo", "demo")
    cluster.apply(SAMPLES / "demo.yaml")
    yield cluster
    cluster.remove_namespace()


@pytest.fixture(scope="session")
def production(release: Release, identity_provider: IdentityProvider) -> Iterator[NotificationCluster]:
    """production.yaml, with the database and the key that it wants made beforehand."""
    cluster = NotificationCluster.in_new_namespace(release.kubernetes, "production", "notifications")
    place_database(release.kubernetes, cluster.namespace, "notifications-database")
    release.kubernetes.kubectl(
        *("create", "secret", "generic", "notifications-jwt", f"--namespace={cluster.namespace}"),
        f"--from-literal=public.pem={identity_provider.public_key}",
    )
    cluster.apply(SAMPLES / "production.yaml")
    yield cluster
    cluster.remove_namespace()


@pytest.fixture(scope="session")
def demo_entrance(demo: NotificationCluster) -> Entrance:
    """The way into the demo for clients on this host."""
    return open_entrance(demo)


@pytest.fixture(scope="session")
def production_entrance(production: NotificationCluster) -> Entrance:
    """The way into the production-like cluster; its spec changes here for the last time before the quiet begins."""
    return open_entrance(production)


@pytest.fixture(scope="session")
def quiet(production_entrance: Entrance) -> Quiet:
    """The time since which the production-like cluster has been left alone."""
    return begin_quiet(production_entrance.cluster)
