"""A pass over a cluster that is as it should be changes nothing."""

from notification_operator.kinds import CLUSTER, DEPLOYMENT, JOB, STATEFUL_SET
from notification_operator.kubernetes import Api

from .api_server import ApiServer
from .cluster import KEY, finish_setup, make_cluster, make_reconciler


async def test_a_second_pass_writes_nothing(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await reconciler.reconcile(KEY)
    await finish_setup(server)
    await reconciler.reconcile(KEY)
    await reconciler.reconcile(KEY)
    versions = {address: each["metadata"]["resourceVersion"] for address, each in server.objects.items()}
    before = server.count_writes()

    await reconciler.reconcile(KEY)

    assert server.count_writes() == before
    assert versions == {address: each["metadata"]["resourceVersion"] for address, each in server.objects.items()}


async def test_workloads_wait_for_the_setup(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await reconciler.reconcile(KEY)
    assert server.find(STATEFUL_SET, "demo-nats")
    assert [address for address in server.objects if address[0] == JOB.plural]
    assert not server.find(DEPLOYMENT, "demo-gateway")

    await finish_setup(server)
    await reconciler.reconcile(KEY)

    assert server.find(DEPLOYMENT, "demo-gateway")
    cluster = server.find(CLUSTER, "demo")
    assert cluster is not None
    assert cluster["status"]["setup"]["hash"]
