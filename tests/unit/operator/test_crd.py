"""The CustomResourceDefinition: structural, without defaults, small, and with rules that name their fields."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from notification_operator import crd
from notification_operator.document import Spec
from notification_operator.rules import LIST_KEYS, RULES
from notification_operator.schema import build_schema

from .clusters import REPOSITORY

MOST_BYTES = 262_144  # what `kubectl apply` can keep in an annotation
VERSION: dict[str, Any] = crd.build()["spec"]["versions"][0]
SCHEMA: dict[str, Any] = VERSION["schema"]["openAPIV3Schema"]


def walk(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from walk(inner, f"{path}.{name}".removeprefix("."))
    if "items" in schema:
        yield from walk(schema["items"], f"{path}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from walk(schema["additionalProperties"], f"{path}{{}}")


NODES = dict(walk(SCHEMA))


def find_rules() -> list[dict[str, str]]:
    return [rule for node in NODES.values() for rule in node.get("x-kubernetes-validations", ())]


def test_the_committed_file_is_what_the_code_says() -> None:
    committed = (REPOSITORY / "crds/notificationclusters.yaml").read_text()
    assert committed == crd.write(), "run: notification-operator crd > crds/notificationclusters.yaml"


def test_kubectl_can_apply_it() -> None:
    assert len(crd.write().encode()) < MOST_BYTES
    assert yaml.safe_load(crd.write()) == crd.build()


def test_every_node_is_structural() -> None:
    for path, node in NODES.items():
        free = {"x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"} & node.keys()
        assert "type" in node or free, path


def test_no_field_has_a_default() -> None:
    assert [path for path, node in NODES.items() if "default" in node] == []


def test_every_list_and_map_is_bounded() -> None:
    lists = [path for path, node in NODES.items() if node.get("type") == "array" and "maxItems" not in node]
    maps = [path for path, node in NODES.items() if "additionalProperties" in node and "maxProperties" not in node]
    assert (lists, maps) == ([], [])


def test_every_mapping_and_every_field_of_the_status_is_explained() -> None:
    mappings = [path for path, node in NODES.items() if path.startswith("spec") and "properties" in node]
    status = [path for path in NODES if path.startswith("status")]
    assert [path for path in (*mappings, *status) if not NODES[path].get("description")] == []


def test_every_rule_names_its_field() -> None:
    rules = find_rules()
    assert len(rules) == sum(map(len, RULES.values()))
    assert all(re.match(r"spec\.[A-Za-z.]+ ", rule["message"]) for rule in rules)


@pytest.mark.parametrize("rule", find_rules(), ids=lambda rule: rule["message"][:60])
def test_a_rule_reads_fields_that_exist(rule: dict[str, str]) -> None:
    names = set(re.findall(r"(?:self|oldSelf)?\.\??([a-z][A-Za-z]*)(?![A-Za-z(])", rule["rule"]))
    known = {part for path in NODES for part in re.split(r"[.\[\]{}]+", path)}
    assert names
    assert names <= known


@pytest.mark.parametrize(
    ("path", "key"), [("spec.auth.keys", "id"), ("spec.topics", "family"), ("status.conditions", "type")]
)
def test_items_are_told_apart_by_a_field(path: str, key: str) -> None:
    assert NODES[path]["x-kubernetes-list-type"] == "map"
    assert NODES[path]["x-kubernetes-list-map-keys"] == [key]
    assert key in NODES[f"{path}[]"]["required"]
    assert set(LIST_KEYS.values()) >= {"id", "family"}


def test_kubectl_scale_and_get_find_their_fields() -> None:
    scale = VERSION["subresources"]["scale"]
    columns = [column["jsonPath"] for column in VERSION["additionalPrinterColumns"]]
    for path in (*scale.values(), *columns):
        plain = re.sub(r"\[\?.*?\]", "[]", path.removeprefix("."))
        assert plain in NODES or plain == "metadata.creationTimestamp"


def test_a_type_without_a_structural_schema_is_refused() -> None:
    with pytest.raises(TypeError, match="has no structural schema"):
        build_schema(bytes)
    assert build_schema(Spec) == SCHEMA["properties"]["spec"]
