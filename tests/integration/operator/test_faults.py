"""The API server refuses, stalls or forgets: nothing is lost by it, and what only a user can mend is said."""

import asyncio

import kmock
import pytest

from notification_operator.errors import Conflict, Failed, Unavailable
from notification_operator.kinds import DEPLOYMENT, SECRET, SERVICE, STATEFUL_SET
from notification_operator.kubernetes import Api
from notification_operator.queue import Pace, WorkQueue
from notification_operator.writer import MOST_FAILURES

from ...support.waiting import eventually
from .api_server import ApiServer
from .cluster import KEY, make_cluster, make_reconciler, settle


async def test_too_many_requests_carries_the_time_to_wait(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    server["patch"] << 429 << {"Retry-After": "7"}
    with pytest.raises(Unavailable) as refusal:
        await make_reconciler(api).reconcile(KEY)
    assert refusal.value.retry_after == 7.0


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_busy_server_is_asked_again_until_all_is_made(server: ApiServer, api: Api, status: int) -> None:
    await make_cluster(server)
    server["patch"][:3] << status
    queue = WorkQueue(make_reconciler(api).reconcile, Pace(settle=0.0, first_retry=0.01))
    working = asyncio.create_task(queue.run())
    queue.add(KEY)
    await eventually(lambda: server.find(SERVICE, "demo-gateway"), what="the gateways' Service")
    working.cancel()
    await asyncio.wait({working})
    assert server.count_refusals(status) == 3


async def test_a_secret_that_somebody_made_meanwhile_is_taken_as_it_is(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    await server.write(SECRET, {"metadata": {"name": "demo-nats-users"}, "data": {"theirs": ""}})

    await settle(server, make_reconciler(api))

    secret = server.find(SECRET, "demo-nats-users")
    assert secret is not None
    assert secret["data"] == {"theirs": ""}
    assert server.read_condition("Reconciled")["status"] == "True"


async def test_a_changed_object_is_not_deleted(server: ApiServer, api: Api) -> None:
    there = await server.write(SERVICE, {"metadata": {"name": "old"}})
    await server.write(SERVICE, {**there, "spec": {"changed": True}})
    with pytest.raises(Conflict):
        await api.delete(SERVICE, there)
    assert server.find(SERVICE, "old")


async def test_deleting_what_is_gone_is_fine(server: ApiServer, api: Api) -> None:
    there = await server.write(SERVICE, {"metadata": {"name": "old"}})
    await server.erase(SERVICE, "old")
    await api.delete(SERVICE, there)
    assert not server.find(SERVICE, "old")


async def test_what_is_refused_is_said_and_the_rest_is_made(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    message = "spec.clusterIP: Invalid value"
    server["patch", kmock.resource("v1/services"), kmock.name("demo-gateway")] << 422 << {"message": message}

    await settle(server, make_reconciler(api))

    assert server.find(DEPLOYMENT, "demo-gateway")
    reconciled = server.read_condition("Reconciled")
    assert (reconciled["status"], reconciled["reason"]) == ("False", "Rejected")
    assert reconciled["message"].startswith("Service demo-gateway was refused: ")
    assert reconciled["message"].endswith(message)


UNTYPED = "failed to create typed patch object (default/demo-gateway; apps/v1, Kind=Deployment): .spec: expected map"


async def test_a_field_of_the_wrong_type_is_a_refusal_and_the_rest_is_made(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    server["patch", kmock.resource("apps/v1/statefulsets"), kmock.name("demo-postgres")] << 500 << {"message": UNTYPED}

    await settle(server, make_reconciler(api))

    assert server.find(DEPLOYMENT, "demo-gateway")
    reconciled = server.read_condition("Reconciled")
    assert (reconciled["status"], reconciled["reason"]) == ("False", "Rejected")
    assert UNTYPED in reconciled["message"]


async def test_a_server_that_fails_over_one_object_makes_the_rest_and_says_so(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    message = "failed calling webhook"
    server["patch", kmock.resource("v1/services"), kmock.name("demo-postgres")] << 500 << {"message": message}

    with pytest.raises(Failed, match=message):
        await make_reconciler(api).reconcile(KEY)

    assert server.find(SERVICE, "demo-gateway")
    reconciled = server.read_condition("Reconciled")
    assert (reconciled["status"], reconciled["reason"]) == ("False", "Unavailable")
    assert reconciled["message"].startswith("Service demo-postgres failed and is tried again: ")


async def test_a_server_that_fails_over_everything_is_left_alone_soon(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    server["patch"] << 503
    with pytest.raises(Unavailable):
        await make_reconciler(api).reconcile(KEY)
    assert server.count_refusals(503) == MOST_FAILURES + 1, "objects, and the status"


async def test_a_deletion_that_is_refused_is_said(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    await settle(server, make_reconciler(api))
    await make_cluster(server, database={"secretRef": {"name": "mine"}})
    await server.write(SECRET, {"metadata": {"name": "mine"}, "data": {}})
    server["delete", kmock.resource("v1/services")] << 403 << {"message": "no right to do so"}

    await settle(server, make_reconciler(api))

    assert not server.find(STATEFUL_SET, "demo-postgres")
    message = server.read_condition("Reconciled")["message"]
    assert message.startswith("the deletion of Service demo-postgres was refused: ")


async def test_a_deletion_that_meets_a_change_is_tried_again(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    await settle(server, make_reconciler(api))
    await make_cluster(server, database={"secretRef": {"name": "mine"}})
    await server.write(SECRET, {"metadata": {"name": "mine"}, "data": {}})
    server["delete", kmock.resource("v1/services")][:1] << 409
    reconciler = make_reconciler(api)
    with pytest.raises(Conflict):
        await settle(server, reconciler)
    assert server.read_condition("Reconciled")["reason"] == "Conflict"

    await settle(server, reconciler)

    assert not server.find(SERVICE, "demo-postgres")
    assert server.read_condition("Reconciled")["status"] == "True"


async def test_a_server_that_does_not_answer_is_unavailable_in_time(server: ApiServer, api: Api) -> None:
    impatient = Api(api.client, bound_write=lambda: 0.05)
    server["patch"] << (lambda: asyncio.Event().wait())
    with pytest.raises(Unavailable, match="no answer within"):
        await impatient.apply(SERVICE, "default", {"metadata": {"name": "x"}})


async def test_an_interrupted_pass_is_finished_by_the_next_process(server: ApiServer, api: Api) -> None:
    async def fail() -> None:
        raise kmock.KubernetesError(status=429, message="too many requests")

    await make_cluster(server)
    interruptions = 0
    for _ in range(100):
        server.after_writes(2, fail)
        try:
            await make_reconciler(api).reconcile(KEY)
        except Unavailable:
            interruptions += 1
        else:
            break
    server.forget_surprises()
    await settle(server, make_reconciler(api))
    made = server.list_names()
    assert interruptions > 5

    assert made == await make_undisturbed(server, api)


async def make_undisturbed(server: ApiServer, api: Api) -> set[tuple[str, str]]:
    server.objects.clear()
    await make_cluster(server)
    await settle(server, make_reconciler(api))
    return server.list_names()


async def test_a_cluster_that_is_deleted_in_the_middle_gets_nothing_more(server: ApiServer, api: Api) -> None:
    cluster = await make_cluster(server)
    reconciler = make_reconciler(api)
    await reconciler.reconcile(KEY)
    await server.erase_cluster(cluster)
    before = server.count_writes()

    assert await reconciler.reconcile(KEY) is None

    assert server.count_writes() == before
    assert server.objects == {}


async def test_a_cluster_that_goes_while_its_children_are_made_leaves_no_error(server: ApiServer, api: Api) -> None:
    cluster = await make_cluster(server)
    server.after_writes(3, lambda: server.erase_cluster(cluster))
    reconciler = make_reconciler(api)

    assert await reconciler.reconcile(KEY) is not None

    assert await reconciler.reconcile(KEY) is None
