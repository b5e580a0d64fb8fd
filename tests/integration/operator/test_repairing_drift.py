"""What somebody else changes is put back where it is ours, and left alone where it is not."""

from typing import Any

import kmock

from notification_operator.kinds import CONFIG_MAP, DEPLOYMENT, EVENT, SERVICE
from notification_operator.kubernetes import Api

from .api_server import ApiServer
from .cluster import KEY, make_cluster, make_reconciler, settle


async def test_an_owned_field_is_put_back_and_told(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    deployment = read(server, DEPLOYMENT, "demo-gateway")
    await server.write(DEPLOYMENT, {**deployment, "spec": {**deployment["spec"], "replicas": 7}})

    await reconciler.reconcile(KEY)

    assert read(server, DEPLOYMENT, "demo-gateway")["spec"]["replicas"] == 2
    told = [each["message"] for address, each in server.objects.items() if address[0] == EVENT.plural]
    assert "put back spec.replicas of Deployment demo-gateway; change the NotificationCluster demo instead" in told


async def refuse() -> None:
    raise kmock.KubernetesError(status=422, message='spec.ports[1].name: Duplicate value: "http"')


async def test_a_field_of_others_that_leaves_ours_no_room_is_taken_over(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    service = read(server, SERVICE, "demo-gateway")
    theirs = {"manager": "kubectl-edit", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:spec": {"f:x": {}}}}
    metadata = {**service["metadata"], "managedFields": [theirs]}
    await server.write(SERVICE, {**service, "metadata": metadata, "spec": {**service["spec"], "ports": []}})
    server.after_writes(1, refuse)

    await reconciler.reconcile(KEY)

    service = read(server, SERVICE, "demo-gateway")
    assert [port["port"] for port in service["spec"]["ports"]] == [80]
    assert [entry["manager"] for entry in service["metadata"]["managedFields"]] == ["notification-operator"]
    assert server.read_condition("Reconciled")["status"] == "True"


async def test_a_label_more_in_a_selector_is_taken_out(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    service = read(server, SERVICE, "demo-gateway")
    selector = service["spec"]["selector"]
    spec = {**service["spec"], "selector": {**selector, "no": "pod"}}
    await server.write(SERVICE, {**service, "spec": spec})

    await reconciler.reconcile(KEY)

    assert read(server, SERVICE, "demo-gateway")["spec"]["selector"] == selector


async def test_foreign_fields_are_kept_and_cost_nothing(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    service = read(server, SERVICE, "demo-gateway")
    metadata = {**service["metadata"], "annotations": {**service["metadata"]["annotations"], "their.example/x": "y"}}
    await server.write(SERVICE, {**service, "metadata": metadata})
    before = server.count_writes()

    await reconciler.reconcile(KEY)

    assert server.count_writes() == before
    assert read(server, SERVICE, "demo-gateway")["metadata"]["annotations"]["their.example/x"] == "y"


async def test_a_deleted_child_comes_back(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    await server.erase(CONFIG_MAP, "demo-nats")

    await reconciler.reconcile(KEY)

    assert server.find(CONFIG_MAP, "demo-nats")


async def test_an_object_of_somebody_else_is_not_taken(server: ApiServer, api: Api) -> None:
    await server.write(SERVICE, {"metadata": {"name": "demo-gateway"}, "spec": {"theirs": True}})
    await make_cluster(server)

    await make_reconciler(api).reconcile(KEY)

    assert read(server, SERVICE, "demo-gateway")["spec"] == {"theirs": True}
    reconciled = server.read_condition("Reconciled")
    assert (reconciled["status"], reconciled["reason"]) == ("False", "NameTaken")
    assert "Service demo-gateway exists and is not this cluster's" in reconciled["message"]


async def test_a_field_that_is_no_longer_wanted_goes(server: ApiServer, api: Api) -> None:
    await make_cluster(server, gateway={"service": {"annotations": {"its.example/x": "y"}}})
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    assert "its.example/x" in read(server, SERVICE, "demo-gateway")["metadata"]["annotations"]
    await make_cluster(server)

    await reconciler.reconcile(KEY)

    assert "its.example/x" not in read(server, SERVICE, "demo-gateway")["metadata"]["annotations"]


def read(server: ApiServer, kind: Any, name: str) -> dict[str, Any]:
    found = server.find(kind, name)
    assert found is not None
    return found
