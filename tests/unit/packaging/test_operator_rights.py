"""The operator may do what it does, and nothing else."""

from typing import Any

from charts.installation import NAME
from notification_operator.kinds import CHILDREN, CLUSTER, CONTROLLER_REVISION, EVENT, LEASE, SECRET, Kind
from tests.unit.packaging.installed import pick, read_objects

Right = tuple[str, str, str]


def rights(rules: list[dict[str, Any]]) -> set[Right]:
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def may(kind: Kind, *verbs: str, part: str = "") -> set[Right]:
    return {(kind.group, kind.plural + part, verb) for verb in verbs}


def test_what_is_rendered_may_be_made_repaired_and_pruned() -> None:
    expected = may(CLUSTER, "get", "list", "watch") | may(CLUSTER, "patch", part="/status")
    for child in CHILDREN:
        expected |= may(child, "get", "list", "watch", "create", "patch", "delete")
    expected |= may(CONTROLLER_REVISION, "get", "list", "create", "delete")
    expected |= may(SECRET, "get", "list", "watch", "create")
    expected |= may(EVENT, "create", "patch")
    assert rights(pick("ClusterRole")["rules"]) == expected


def test_only_its_own_lease_may_be_held() -> None:
    role = pick("Role", f"{NAME}-election")
    named = [rule for rule in role["rules"] if "resourceNames" in rule]
    assert rights(role["rules"]) == may(LEASE, "get", "create", "update")
    assert rights(named) == may(LEASE, "get", "update")
    assert [rule["resourceNames"] for rule in named] == [[NAME]]


def test_no_right_is_a_wildcard() -> None:
    granted = [rights(each["rules"]) for each in read_objects() if each["kind"] in ("ClusterRole", "Role")]
    assert len(granted) == 4
    assert not any("*" in right for rights_of_one in granted for right in rights_of_one)


def test_only_the_operators_account_is_bound() -> None:
    bindings = [each for each in read_objects() if each["kind"] in ("ClusterRoleBinding", "RoleBinding")]
    assert len(bindings) == 2
    for binding in bindings:
        assert binding["subjects"] == [{"kind": "ServiceAccount", "name": NAME, "namespace": NAME}]
