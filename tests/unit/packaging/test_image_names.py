"""An image has the same name wherever it is built, packed and deployed, so that what was imported is never pulled."""

import tomllib

import pytest
import yaml

from charts.installation import CHART, ROOT
from images.recipe import RECIPES
from notification_operator import images
from tests.unit.packaging.installed import pick

REFERENCES = {
    "operator": images.OPERATOR,
    "workloads": images.WORKLOADS,
    "nats": images.NATS,
    "postgres": images.POSTGRES,
}


def test_the_chart_deploys_what_is_built() -> None:
    assert yaml.safe_load((CHART / "values.yaml").read_text())["images"] == REFERENCES


def test_archives_are_named_after_what_they_hold() -> None:
    assert {recipe.name: recipe.reference for recipe in RECIPES} == REFERENCES


def test_install_yaml_deploys_what_is_built() -> None:
    [container] = pick("Deployment")["spec"]["template"]["spec"]["containers"]
    given = {argument.partition("=")[0]: argument.partition("=")[2] for argument in container["args"]}
    assert container["image"] == images.OPERATOR
    assert container["imagePullPolicy"] == "IfNotPresent"
    assert given["--workloads-image"] == images.WORKLOADS
    assert given["--nats-image"] == images.NATS
    assert given["--postgres-image"] == images.POSTGRES


@pytest.mark.parametrize("reference", REFERENCES.values())
def test_a_reference_is_fully_qualified_and_never_latest(reference: str) -> None:
    registry, _, path = reference.partition("/")
    assert "." in registry
    assert path.endswith(f":{images.VERSION}")


def test_everything_has_one_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    projects = [tomllib.loads((ROOT / name / "pyproject.toml").read_text()) for name in ("operator", "workloads")]
    versions = [chart["version"], chart["appVersion"], *(project["project"]["version"] for project in projects)]
    assert set(versions) == {images.VERSION}
