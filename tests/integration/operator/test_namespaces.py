"""Of the namespaces that are to be served, those that can be are, whatever becomes of the others."""

import asyncio
from collections.abc import Iterator

import pytest

from notification_operator.blueprint import Blueprint
from notification_operator.errors import NamespacesChanged
from notification_operator.kinds import LEASE, SERVICE
from notification_operator.kubernetes import Api
from notification_operator.management import Address
from notification_operator.metrics import Metrics
from notification_operator.queue import Pace
from notification_operator.run import Identity, Options, Replica

from ...support.waiting import eventually
from .api_server import ApiServer
from .cluster import make_cluster

# kopf announces its own end of support for things we do not use
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:kopf")


@pytest.fixture
def asked() -> Iterator[asyncio.Event]:
    asked = asyncio.Event()
    yield asked
    asked.set()


def run_replica(api: Api, asked: asyncio.Event) -> asyncio.Task[None]:
    """Have one serve the namespaces `default` and `other`."""
    options = Options(
        namespaces=("default", "other"),
        lease_namespace="default",
        management=Address("127.0.0.1", 0),
        blueprint=Blueprint(),
        pace=Pace(settle=0.01, first_retry=0.05),
        poll=0.1,
    )
    replica = Replica(api.client, options, Identity("one", "notification-operator/test"), Metrics())
    return asyncio.create_task(replica.run(asked))


async def test_a_namespace_that_is_forbidden_does_not_keep_the_others(
    server: ApiServer, api: Api, asked: asyncio.Event, caplog: pytest.LogCaptureFixture
) -> None:
    server.forbidden.add("other")
    await make_cluster(server)
    running = run_replica(api, asked)
    await eventually(lambda: server.find(SERVICE, "demo-gateway"), within=20, what="the gateways' Service")
    asked.set()
    await running
    assert "namespace other is not served until it can be" in caplog.text


async def test_a_namespace_that_appears_is_served_by_starting_anew(
    server: ApiServer, api: Api, asked: asyncio.Event
) -> None:
    server.forbidden.add("other")
    running = run_replica(api, asked)
    await eventually(lambda: "services" in server.watches, within=20, what="the watch of Services")
    server.forbidden.clear()
    with pytest.raises(NamespacesChanged, match="namespace other can be served by now"):
        await asyncio.wait_for(running, 20)
    lease = server.find(LEASE, "notification-operator")
    assert lease is not None
    assert lease["spec"]["holderIdentity"] == "", "another replica leads at once"


async def test_a_namespace_that_goes_is_left_out_by_starting_anew(
    server: ApiServer, api: Api, asked: asyncio.Event
) -> None:
    running = run_replica(api, asked)
    await eventually(lambda: "services" in server.watches, within=20, what="the watch of Services")
    server.forbidden.add("other")
    with pytest.raises(NamespacesChanged, match="namespace other can no longer be served"):
        await asyncio.wait_for(running, 20)


async def test_a_server_that_is_away_changes_nothing(server: ApiServer, api: Api, asked: asyncio.Event) -> None:
    running = run_replica(api, asked)
    await eventually(lambda: "services" in server.watches, within=20, what="the watch of Services")
    before = server.count_refusals(503)
    server["list"] << 503
    await eventually(lambda: server.count_refusals(503) > before + 3, within=20, what="it to be asked again")
    assert not running.done()
    asked.set()
    await running
