"""What an account may do, by its roles, and what it has done, by the audit log."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.cluster.audit import AuditEvent
from tests.support.kubernetes import Kubernetes

_CREATED = 201


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """`resource` is such as `deployments` or `notificationclusters/status`; `group` is empty for the core."""

    group: str
    resource: str
    verb: str


def list_granted(kubernetes: Kubernetes, namespace: str, account: str) -> set[Right]:
    """What the roles that are bound to a service account grant it, of names or of all."""
    wanted = {"kind": "ServiceAccount", "name": account, "namespace": namespace}
    found = kubernetes.get("clusterroles,clusterrolebindings,roles,rolebindings", "--all-namespaces")["items"]
    rules = {_name_role(each["kind"], each["metadata"]): each["rules"] or () for each in found if "rules" in each}
    bindings = [each for each in found if wanted in each.get("subjects", ())]
    return {right for binding in bindings for rule in rules[_name_bound(binding)] for right in _spell_out(rule)}


def list_used(asked: Iterable[AuditEvent]) -> set[Right]:
    """What was made use of; to apply what does not exist yet takes the right to create it too."""
    return {right for event in asked for right in _read_rights(event)}


def _name_role(kind: str, metadata: dict[str, Any]) -> tuple[str, str, str]:
    return kind, metadata.get("namespace", ""), metadata["name"]


def _name_bound(binding: dict[str, Any]) -> tuple[str, str, str]:
    reference = binding["roleRef"]
    place = binding["metadata"].get("namespace", "") if reference["kind"] == "Role" else ""
    return reference["kind"], place, reference["name"]


def _spell_out(rule: dict[str, Any]) -> Iterator[Right]:
    for group in rule.get("apiGroups", ()):
        for resource in rule.get("resources", ()):
            yield from (Right(group, resource, verb) for verb in rule["verbs"])


def _read_rights(event: AuditEvent) -> Iterator[Right]:
    resource = f"{event.resource}/{event.subresource}" if event.subresource else event.resource
    yield Right(event.group, resource, event.verb)
    if event.verb == "patch" and event.code == _CREATED:
        yield Right(event.group, resource, "create")
