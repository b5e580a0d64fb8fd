"""Every test here needs a Kubernetes, and may have to wait until the first one has built it."""

from pathlib import Path

import pytest

from tests.cluster.build import build
from tests.cluster.errors import CannotRun
from tests.cluster.images import make_probe
from tests.cluster.progress import Progress
from tests.cluster.suites import containers
from tests.support.kubernetes import Kubernetes

HERE = Path(__file__).parent
SECONDS_TO_BUILD = 3600


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.cluster)
            item.add_marker(pytest.mark.timeout(SECONDS_TO_BUILD))


@pytest.fixture(scope="session")
def probe(cluster: Kubernetes) -> str:
    """The image of the tests' own program, on every node."""
    try:
        build((containers(),), Progress())
        cluster.load_images(make_probe())
    except CannotRun as error:
        pytest.skip(str(error))
    return "localhost/probe:1"
