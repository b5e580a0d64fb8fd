"""Every manifest of these clusters; an upgrade of the operator that changes one restarts pods, so look twice."""

import pytest

from .manifests import FOLDER, NAMES, derive_named, render_cluster, write_rendering


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
