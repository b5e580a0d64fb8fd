"""kopf tells of changes, whatever becomes of its watches, and writes nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from notification_operator.blueprint import Blueprint
from notification_operator.kinds import CLUSTER, DEPLOYMENT, SERVICE
from notification_operator.kubernetes import load_access, open_client
from notification_operator.management import Address
from notification_operator.metrics import Metrics
from notification_operator.queue import Pace
from notification_operator.run import Identity, Options, Replica

from ...support.waiting import eventually
from .api_server import ApiServer
from .cluster import finish_setup, make_cluster

# kopf announces its own end of support for things we do not use
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:kopf")


@asynccontextmanager
async def run_replica(longest_silence: float = 70.0) -> AsyncIterator[Replica]:
    """Run one, with kopf and all, in this process."""
    options = Options(
        namespaces=(),
        lease_namespace="default",
        management=Address("127.0.0.1", 0),
        blueprint=Blueprint(),
        pace=Pace(settle=0.01, first_retry=0.05),
        longest_silence=longest_silence,
    )
    asked = asyncio.Event()
    async with open_client(await load_access(), "notification-operator/test (one)") as client:
        replica = Replica(client, options, Identity("one", "notification-operator/test (one)"), Metrics())
        running = asyncio.create_task(replica.run(asked))
        yield replica
        asked.set()
        await running


async def test_a_cluster_is_made_as_soon_as_it_appears(server: ApiServer) -> None:
    async with run_replica():
        await eventually(lambda: "notificationclusters" in server.watches, within=20, what="the watch of clusters")
        await make_cluster(server)
        await eventually(lambda: "jobs" in {plural for plural, _ in server.list_names()}, what="its setup")
        await finish_setup(server)
        await eventually(lambda: server.find(DEPLOYMENT, "demo-gateway"), what="its gateways")
    cluster = server.find(CLUSTER, "demo")
    assert cluster is not None
    assert "annotations" not in cluster["metadata"]
    assert "finalizers" not in cluster["metadata"]


async def test_a_manual_edit_is_put_back_within_a_moment(server: ApiServer) -> None:
    await make_cluster(server)
    async with run_replica():
        await eventually(lambda: "services" in server.watches, within=20, what="the watch of Services")
        await eventually(lambda: server.find(SERVICE, "demo-gateway"), what="its Service")
        service = server.objects["services", "default", "demo-gateway"]
        ports = service["spec"]["ports"]
        await server.write(SERVICE, {**service, "spec": {**service["spec"], "ports": [{"name": "http", "port": 81}]}})
        await eventually(lambda: server.objects["services", "default", "demo-gateway"]["spec"]["ports"] == ports)
    assert server.read_condition("Reconciled")["status"] == "True"


async def test_a_watch_whose_past_is_gone_starts_anew(server: ApiServer) -> None:
    async with run_replica():
        await eventually(lambda: "notificationclusters" in server.watches, within=20, what="the watch of clusters")
        await server.forget_history()
        await server.end_watches()
        await make_cluster(server)
        await eventually(lambda: server.find(SERVICE, "demo-gateway"), within=20, what="its Service")
    assert server.watches.count("notificationclusters") > 1


async def test_a_silent_watch_is_opened_anew(server: ApiServer) -> None:
    server.muted.add("notificationclusters")
    async with run_replica(longest_silence=0.5):
        await eventually(lambda: "notificationclusters" in server.watches, within=20, what="the watch of clusters")
        await make_cluster(server)
        await eventually(lambda: server.watches.count("notificationclusters") > 2, within=20, what="another watch")
        assert not server.find(SERVICE, "demo-gateway")
        server.muted.clear()
        await eventually(lambda: server.find(SERVICE, "demo-gateway"), within=20, what="its Service")


async def test_all_watches_hear_of_what_is_read(server: ApiServer) -> None:
    await make_cluster(server)
    async with run_replica() as replica:
        await eventually(lambda: server.find(SERVICE, "demo-gateway"), within=20, what="its Service")
        await eventually(lambda: replica.read().watch_age == 0.0, what="every change to be heard of")
        assert replica.read().leads
        assert replica.read().clusters == 1
