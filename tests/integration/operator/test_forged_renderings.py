"""A kept rendering that somebody else has written gets nobody further than they were."""

from collections.abc import Mapping
from typing import Any

import pytest

from notification_operator.kinds import CONFIG_MAP, CONTROLLER_REVISION
from notification_operator.kubernetes import Api

from .api_server import ApiServer
from .cluster import KEY, make_cluster, make_reconciler, settle


def find_revision(server: ApiServer) -> dict[str, Any]:
    (found,) = (each for address, each in server.objects.items() if address[0] == CONTROLLER_REVISION.plural)
    return found


async def forge(server: ApiServer, manifest: Mapping[str, Any]) -> None:
    """Have the kept rendering of the cluster say this as well."""
    revision = find_revision(server)
    data = {**revision["data"], "base": [*revision["data"]["base"], manifest]}
    await server.write(CONTROLLER_REVISION, {**revision, "data": data})


def write_config_map(owner: str, **metadata: str) -> dict[str, Any]:
    reference = {"apiVersion": "v1", "kind": "X", "name": "x", "uid": owner, "controller": True}
    named = {"name": "forged", "namespace": "default", "labels": {}, "ownerReferences": [reference], **metadata}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": named, "data": {"forged": "yes"}}


@pytest.mark.parametrize(
    "metadata",
    [{"namespace": "kube-system"}, {"name": "../../kube-system/configmaps/forged"}],
    ids=["of-another-namespace", "by-a-path"],
)
async def test_nothing_is_written_elsewhere(server: ApiServer, api: Api, metadata: dict[str, str]) -> None:
    cluster = await make_cluster(server)
    await settle(server, make_reconciler(api))
    await forge(server, write_config_map(cluster["metadata"]["uid"], **metadata))

    await make_reconciler(api).reconcile(KEY)

    assert not [address for address in server.objects if address[1] != "default"]
    assert not server.find(CONFIG_MAP, "forged")
    assert server.read_condition("Reconciled")["status"] == "True"


async def test_an_object_of_nobody_or_of_another_kind_counts_for_nothing(server: ApiServer, api: Api) -> None:
    cluster = await make_cluster(server)
    await settle(server, make_reconciler(api))
    foreign = write_config_map("uid-of-another")
    role = {
        **write_config_map(cluster["metadata"]["uid"]),
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
    }
    for manifest in (foreign, role, {"kind": "ConfigMap"}):
        await forge(server, manifest)
        await make_reconciler(api).reconcile(KEY)

    assert not server.find(CONFIG_MAP, "forged")


async def test_a_rendering_that_is_not_the_clusters_is_left_out(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    await settle(server, make_reconciler(api))
    revision = find_revision(server)
    data = {**revision["data"], "base": []}
    metadata = {**revision["metadata"], "ownerReferences": []}
    await server.write(CONTROLLER_REVISION, {**revision, "metadata": metadata, "data": data})

    await make_reconciler(api).reconcile(KEY)

    assert server.find(CONFIG_MAP, "demo-nats")
