"""install.yaml is the chart, rendered; and both bring the CustomResourceDefinition that the code generates."""

from pathlib import Path

import yaml

from charts.installation import CHART, INSTALL, ROOT, compute_seal, render_install, split_install
from notification_operator import crd
from tests.unit.packaging.installed import pick, read_objects

STALE = "run: make manifests"


def test_the_seal_holds() -> None:
    seal, body = split_install(INSTALL.read_text())
    assert seal == compute_seal(body), STALE


def test_helm_renders_the_same(helm: Path) -> None:
    assert read_objects(render_install(helm)) == read_objects(), STALE


def test_the_chart_has_the_definition_of_the_code() -> None:
    expected = crd.write()
    assert (CHART / "files" / "notificationclusters.yaml").read_text() == expected, STALE
    assert (ROOT / "crds" / "notificationclusters.yaml").read_text() == expected, STALE


def test_the_definition_survives_the_rendering() -> None:
    installed = pick("CustomResourceDefinition", "notificationclusters.notification-operator.dev")
    assert installed["metadata"].pop("annotations") == {"helm.sh/resource-policy": "keep"}
    assert installed == yaml.safe_load(crd.write())


def test_kubectl_can_apply_it_and_remember_it() -> None:
    largest = max(len(yaml.safe_dump(each)) for each in read_objects())
    assert largest < 256 * 1024
