"""A generated Secret that is gone is not made anew as long as anything was made with the old one."""

from typing import Any

import kmock

from notification_operator.kinds import DEPLOYMENT, SECRET, STATEFUL_SET
from notification_operator.kubernetes import Api

from .api_server import ApiServer
from .cluster import KEY, make_cluster, make_reconciler, settle

KEYS: dict[str, Any] = {"keys": [{"id": "k", "algorithm": "HS256", "secretRef": {"name": "jwt", "key": "k"}}]}


async def test_the_loss_of_a_servers_secret_is_said_and_nothing_is_made(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    await server.erase(SECRET, "demo-nats-users")
    before = server.list_names()

    await reconciler.reconcile(KEY)

    assert server.list_names() == before
    reconciled = server.read_condition("Reconciled")
    assert (reconciled["status"], reconciled["reason"]) == ("False", "SecretLost")
    assert reconciled["message"].startswith(
        "Secret demo-nats-users is gone, with which StatefulSet demo-nats was made: restore it; or delete "
    )


async def test_without_what_was_made_with_it_a_secret_is_made_anew(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    await server.erase(SECRET, "demo-postgres")
    await reconciler.reconcile(KEY)
    await server.erase(STATEFUL_SET, "demo-postgres")

    await settle(server, reconciler)

    assert server.find(SECRET, "demo-postgres")
    assert server.read_condition("Ready")["status"] == "True"


async def test_a_secret_that_was_restored_is_taken_whoever_owns_it(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    await server.erase(SECRET, "demo-jwt-demo")
    await reconciler.reconcile(KEY)
    assert server.read_condition("Reconciled")["reason"] == "SecretLost"
    await server.write(SECRET, {"metadata": {"name": "demo-jwt-demo"}, "data": {"key": "restored"}})

    await settle(server, reconciler)

    assert server.objects["secrets", "default", "demo-jwt-demo"]["data"] == {"key": "restored"}
    assert server.read_condition("Ready")["status"] == "True"


async def test_a_key_that_gateways_did_not_need_before_is_made(server: ApiServer, api: Api) -> None:
    await server.write(SECRET, {"metadata": {"name": "jwt"}, "data": {}})
    await make_cluster(server, auth=KEYS)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    assert not server.find(SECRET, "demo-jwt-demo")
    await make_cluster(server)

    await settle(server, reconciler)

    assert server.find(SECRET, "demo-jwt-demo")
    assert server.read_condition("Ready")["status"] == "True"


async def test_nothing_is_made_with_the_secret_of_an_earlier_cluster(server: ApiServer, api: Api) -> None:
    """It is collected a moment later."""
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    old = server.objects["secrets", "default", "demo-nats-users"]
    await server.erase_cluster(server.objects["notificationclusters", "default", "demo"])
    await server.write(SECRET, {**old, "data": {"old": ""}})
    await make_cluster(server)

    again = await reconciler.reconcile(KEY)

    assert again is not None
    assert again < 10
    assert not server.find(STATEFUL_SET, "demo-nats")
    assert server.read_condition("Reconciled")["reason"] == "SecretGoing"
    await server.erase(SECRET, "demo-nats-users")
    await settle(server, reconciler)
    assert "data" not in server.objects["secrets", "default", "demo-nats-users"]
    assert server.read_condition("Ready")["status"] == "True"


async def test_what_needs_a_secret_is_not_made_before_it(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    server["create", kmock.resource("v1/secrets")][:1] << 403 << {"message": "exceeded quota"}
    reconciler = make_reconciler(api)

    await reconciler.reconcile(KEY)

    assert not server.find(STATEFUL_SET, "demo-nats")
    assert server.read_condition("Reconciled")["message"].endswith("exceeded quota")
    await settle(server, reconciler)
    assert server.read_condition("Ready")["status"] == "True"


async def test_a_secret_on_its_way_out_counts_as_gone(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    secret = server.objects["secrets", "default", "demo-nats-users"]
    metadata = {**secret["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["x.example/y"]}
    await server.write(SECRET, {**secret, "metadata": metadata})

    await reconciler.reconcile(KEY)

    assert server.read_condition("Reconciled")["reason"] == "SecretLost"
    assert server.find(DEPLOYMENT, "demo-gateway")
