"""The image of the workloads: the one that the spec names, else a default that is chosen once."""

from dataclasses import replace
from typing import Any

from notification_operator.blueprint import Blueprint
from notification_operator.custom_resource import PAUSE_ANNOTATION
from notification_operator.images import Images
from notification_operator.kinds import CLUSTER, SECRET
from notification_operator.kubernetes import Api

from .api_server import ApiServer
from .cluster import KEY, make_cluster, make_reconciler, settle

THEIRS = "registry.example/workloads:9"
NEWER = Blueprint(images=replace(Images(), workloads="ghcr.io/newer/workloads:2"))


def read_status(server: ApiServer) -> dict[str, Any]:
    status: dict[str, Any] = server.objects["notificationclusters", "default", "demo"]["status"]
    return status


def read_image(server: ApiServer) -> str:
    deployment = server.objects["deployments", "default", "demo-gateway"]
    return str(deployment["spec"]["template"]["spec"]["containers"][0]["image"])


async def test_without_an_image_in_the_spec_the_default_of_before_returns(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    await settle(server, make_reconciler(api))
    await make_cluster(server, image=THEIRS)
    await settle(server, make_reconciler(api))
    assert (read_image(server), read_status(server)["image"]) == (THEIRS, THEIRS)
    await make_cluster(server)

    await settle(server, make_reconciler(api, NEWER))

    assert read_image(server) == Images().workloads
    assert read_status(server)["image"] == Images().workloads


async def test_an_image_that_was_asked_for_never_becomes_the_default(server: ApiServer, api: Api) -> None:
    await make_cluster(server, image=THEIRS)
    await settle(server, make_reconciler(api))
    assert "defaultImage" not in read_status(server)
    await make_cluster(server)

    await settle(server, make_reconciler(api))

    assert read_image(server) == Images().workloads


async def test_an_image_that_never_ran_is_not_reported(server: ApiServer, api: Api) -> None:
    await make_cluster(server, image=THEIRS, database={"secretRef": {"name": "mine"}})
    await make_reconciler(api).reconcile(KEY)
    assert server.read_condition("Reconciled")["reason"] == "SecretMissing"
    assert "image" not in read_status(server)

    await server.write(SECRET, {"metadata": {"name": "mine"}, "data": {}})
    await settle(server, make_reconciler(api))
    assert read_status(server)["image"] == THEIRS


async def test_an_image_that_was_asked_for_during_a_pause_is_not_reported(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    await settle(server, make_reconciler(api))
    cluster = await make_cluster(server, image=THEIRS)
    metadata = {**cluster["metadata"], "annotations": {PAUSE_ANNOTATION: "true"}}
    await server.write(CLUSTER, {**cluster, "metadata": metadata})

    await make_reconciler(api).reconcile(KEY)

    assert read_status(server)["image"] == Images().workloads


async def test_the_operators_own_default_is_always_allowed(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    await settle(server, make_reconciler(api, Blueprint(allowed_images=("registry.example/",))))
    assert read_image(server) == Images().workloads
    assert server.read_condition("Ready")["status"] == "True"
