"""Every manifest of these clusters; an upgrade of the operator that changes one restarts pods, so look twice."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from .manifests import FOLDER, NAMES, derive_named, list_manifests, render_cluster, write_rendering

# Here the API server tells 0 from nothing.
KEPT_ZEROS = {"spec.replicas", "spec.strategy.rollingUpdate.maxUnavailable"}


@pytest.mark.parametrize("name", NAMES)
def test_a_cluster_consists_of_these_manifests(name: str) -> None:
    rendered = write_rendering(render_cluster(derive_named(name)))
    expected = (FOLDER / f"{name}.yaml").read_text()
    assert rendered == expected, "to accept it, run: python -m tests.unit.operator.manifests"


def test_no_golden_file_is_left_over() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_rendering_twice_gives_the_same(name: str) -> None:
    assert render_cluster(derive_named(name)) == render_cluster(derive_named(name))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_written_that_the_api_server_would_drop(name: str) -> None:
    # What it drops is missing from what it returns, and would be applied again and again.
    dropped = [path for manifest in list_manifests(render_cluster(derive_named(name))) for path in find_empty(manifest)]
    assert set(dropped) <= KEPT_ZEROS


def find_empty(value: Any, path: str = "") -> Iterator[str]:
    if value is not False and value in (None, "", 0, {}, []):
        yield path
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from find_empty(inner, f"{path}.{key}".removeprefix("."))
    elif isinstance(value, list):
        for inner in value:
            yield from find_empty(inner, f"{path}[]")
