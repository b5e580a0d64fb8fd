"""What a user reads in the status and in the events, from the first moment to Ready and to each mishap."""

import pytest

from notification_operator.blueprint import Blueprint
from notification_operator.custom_resource import PAUSE_ANNOTATION
from notification_operator.errors import Conflict
from notification_operator.kinds import CLUSTER, DEPLOYMENT, EVENT, SECRET
from notification_operator.kubernetes import Api

from .api_server import ApiServer
from .cluster import KEY, finish_setup, make_cluster, make_reconciler, settle

SECRET_DATABASE = {"secretRef": {"name": "mine"}}


async def test_a_cluster_becomes_ready_and_says_so_once(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    await settle(server, make_reconciler(api))
    cluster = server.objects["notificationclusters", "default", "demo"]
    assert {each["type"]: each["status"] for each in cluster["status"]["conditions"]} == {
        "Ready": "True",
        "Reconciled": "True",
        "SetupComplete": "True",
        "DatabaseReady": "True",
        "NatsReady": "True",
        "GatewaysReady": "True",
        "WorkersReady": "True",
        "Paused": "False",
    }
    assert cluster["status"]["observedGeneration"] == cluster["metadata"]["generation"]
    assert cluster["status"]["gateway"]["replicas"] == 2
    assert cluster["status"]["nats"]["quorum"] == "ok"
    assert list_reasons(server) == ["Ready", "SetupComplete"]


async def test_a_change_that_has_not_rolled_out_is_not_ready(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    await make_cluster(server, gateway={"replicas": 3})

    await reconciler.reconcile(KEY)

    ready = server.read_condition("Ready")
    assert (ready["status"], ready["observedGeneration"]) == ("False", 2)
    assert ready["message"].startswith("GatewaysReady is False: ")
    before = server.count_writes()
    await reconciler.reconcile(KEY)
    assert server.count_writes() == before


async def test_what_was_found_out_of_a_cluster_is_not_said_of_its_successor(server: ApiServer, api: Api) -> None:
    first = await make_cluster(server)
    reconciler = make_reconciler(api)
    await reconciler.reconcile(KEY)
    await finish_setup(server)

    async def replace() -> None:
        await server.erase_cluster(first)
        await make_cluster(server)

    server.after_writes(1, replace)
    with pytest.raises(Conflict):
        await reconciler.reconcile(KEY)

    second = server.objects["notificationclusters", "default", "demo"]
    assert "status" not in second


async def test_a_wrong_spec_is_named_by_its_field_and_changes_nothing(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    made = server.list_names()
    await make_cluster(server, gateway={"connectionLimit": 100, "autoscaling": {"maxReplicas": 2, "minReplicas": 3}})

    await reconciler.reconcile(KEY)

    reconciled = server.read_condition("Reconciled")
    assert (reconciled["status"], reconciled["reason"]) == ("False", "InvalidSpec")
    assert reconciled["message"].startswith("spec.gateway.autoscaling.minReplicas must be at most maxReplicas")
    assert server.read_condition("Ready")["status"] == "False"
    assert server.list_names() == made
    assert "InvalidSpec" in list_reasons(server)


async def test_a_spec_that_no_cluster_can_be_made_of_is_named_as_well(server: ApiServer, api: Api) -> None:
    await make_cluster(server, database={"embedded": {"storage": "1Gi"}, "pool": {"max": 90}})
    await make_reconciler(api).reconcile(KEY)

    reconciled = server.read_condition("Reconciled")
    assert (reconciled["status"], reconciled["reason"]) == ("False", "InvalidSpec")
    assert "spec.database" in reconciled["message"]


async def test_a_secret_that_is_missing_is_named_with_its_field(server: ApiServer, api: Api) -> None:
    await make_cluster(server, database=SECRET_DATABASE)
    reconciler = make_reconciler(api)
    again = await reconciler.reconcile(KEY)
    missing = server.read_condition("Reconciled")
    assert missing["reason"] == "SecretMissing"
    assert missing["message"] == (
        "spec.database.secretRef names Secret mine, which namespace default does not have: create it"
    )
    assert again is not None
    assert again <= 15

    await server.write(SECRET, {"metadata": {"name": "mine"}, "data": {"uri": ""}})
    await settle(server, reconciler)

    assert server.read_condition("Ready")["status"] == "True"


async def test_a_rotated_secret_rolls_the_pods(server: ApiServer, api: Api) -> None:
    await server.write(SECRET, {"metadata": {"name": "mine"}, "data": {"uri": "old"}})
    await make_cluster(server, database=SECRET_DATABASE)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    before = server.objects["deployments", "default", "demo-gateway"]["spec"]["template"]
    await server.write(SECRET, {"metadata": {"name": "mine"}, "data": {"uri": "new"}})

    await settle(server, reconciler)

    assert server.objects["deployments", "default", "demo-gateway"]["spec"]["template"] != before


async def test_a_failed_setup_says_why(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await reconciler.reconcile(KEY)
    await finish_setup(
        server,
        {
            "type": "Failed",
            "status": "True",
            "reason": "BackoffLimitExceeded",
            "message": "Job has reached the specified backoff limit",
            "lastTransitionTime": "2999-01-01T00:00:00Z",
        },
    )
    await reconciler.reconcile(KEY)
    setup = server.read_condition("SetupComplete")
    assert (setup["status"], setup["reason"]) == ("False", "BackoffLimitExceeded")
    assert "kubectl logs job/demo-setup-" in setup["message"]
    assert "BackoffLimitExceeded" in list_reasons(server)


async def test_a_paused_cluster_is_left_alone(server: ApiServer, api: Api) -> None:
    cluster = await make_cluster(server)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    cluster = server.objects["notificationclusters", "default", "demo"]
    metadata = {**cluster["metadata"], "annotations": {PAUSE_ANNOTATION: "true"}}
    await server.write(CLUSTER, {**cluster, "metadata": metadata})
    await server.erase(DEPLOYMENT, "demo-gateway")

    await reconciler.reconcile(KEY)

    assert not server.find(DEPLOYMENT, "demo-gateway")
    assert server.read_condition("Paused")["status"] == "True"


async def test_an_image_that_is_not_allowed_is_refused(server: ApiServer, api: Api) -> None:
    await make_cluster(server, image="elsewhere.example/workloads:1")
    await make_reconciler(api, Blueprint(allowed_images=("ghcr.io/",))).reconcile(KEY)
    assert server.read_condition("Reconciled")["message"].startswith("spec.image must begin with one of: ghcr.io/")
    status = server.objects["notificationclusters", "default", "demo"]["status"]
    assert "image" not in status


@pytest.mark.parametrize("servers", [1, 3])
async def test_a_hibernating_cluster_sleeps_and_is_not_ready(server: ApiServer, api: Api, servers: int) -> None:
    await make_cluster(server, nats={"servers": servers})
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    await make_cluster(server, nats={"servers": servers}, hibernate=True)

    await settle(server, reconciler)

    assert server.objects["deployments", "default", "demo-gateway"]["spec"]["replicas"] == 0
    ready = server.read_condition("Ready")
    assert (ready["status"], ready["reason"]) == ("False", "Hibernating")


def list_reasons(server: ApiServer) -> list[str]:
    return sorted(each["reason"] for address, each in server.objects.items() if address[0] == EVENT.plural)
