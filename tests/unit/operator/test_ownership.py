"""Fields that others have set become ours where they are in the way of ours, and nowhere else."""

from typing import Any

from notification_operator.ownership import take_over

Fields = dict[str, Any]

PORTS: Fields = {"f:ports": {'k:{"port":80}': {".": {}, "f:name": {}}}}
THEIR_PORTS: Fields = {"f:ports": {'k:{"port":81}': {".": {}, "f:name": {}}}}
BOTH_PORTS: Fields = {"f:ports": {**PORTS["f:ports"], **THEIR_PORTS["f:ports"]}}
LABELS: Fields = {"f:labels": {"f:theirs": {}}}


def enter(manager: str, operation: str, fields: Fields, **more: str) -> dict[str, Any]:
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": "v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        **more,
    }


def observe(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "managedFields": list(entries)}}


OURS = enter("notification-operator", "Apply", {"f:spec": PORTS})


def test_what_others_set_in_the_spec_becomes_ours_beside_what_was() -> None:
    found = take_over(observe(OURS, enter("kubectl-edit", "Update", {"f:spec": THEIR_PORTS})))

    assert found == [enter("notification-operator", "Apply", {"f:spec": BOTH_PORTS})]


def test_labels_of_others_stay_theirs() -> None:
    found = take_over(observe(OURS, enter("kubectl-edit", "Update", {"f:spec": THEIR_PORTS, "f:metadata": LABELS})))

    assert found is not None
    assert found[1:] == [enter("kubectl-edit", "Update", {"f:metadata": LABELS})]


def test_nothing_is_taken_of_a_subresource_or_of_another_version() -> None:
    status = enter("kube-controller-manager", "Update", {"f:spec": THEIR_PORTS}, subresource="status")
    other = {**enter("old", "Update", {"f:spec": THEIR_PORTS}), "apiVersion": "v1beta1"}
    labels = enter("somebody", "Update", {"f:metadata": LABELS})

    assert take_over(observe(OURS, status, other, labels)) is None


def test_where_no_one_knows_any_more_what_was_ours_it_begins_anew() -> None:
    found = take_over(observe(enter("kubectl-edit", "Update", {"f:spec": THEIR_PORTS})))

    assert found == [enter("notification-operator", "Apply", {"f:spec": THEIR_PORTS})]
