"""Until the setup has succeeded, the pods of before run on, and whatever they need stays."""

from typing import Any

from notification_operator.kinds import CONFIG_MAP, CONTROLLER_REVISION, DEPLOYMENT, JOB, SECRET, STATEFUL_SET
from notification_operator.kubernetes import Api

from .api_server import ApiServer
from .cluster import KEY, finish_setup, get_all_ready, make_cluster, make_reconciler, settle

# Another config of the workers, and so another setup
OTHER_CONFIG: dict[str, Any] = {"worker": {"concurrency": {"low": 1}}}


def read_deployment(server: ApiServer, role: str) -> dict[str, Any]:
    return server.objects[DEPLOYMENT.plural, "default", f"demo-{role}"]


def read_config(server: ApiServer, role: str) -> dict[str, Any] | None:
    """The config that the pods of a role read when they start, if it is there."""
    volumes = read_deployment(server, role)["spec"]["template"]["spec"]["volumes"]
    (volume,) = (volume for volume in volumes if volume["name"] == "config")
    (source,) = (source["configMap"] for source in volume["projected"]["sources"] if "configMap" in source)
    config_map = server.find(CONFIG_MAP, source["name"])
    return config_map and config_map["data"]


def count_config_maps(server: ApiServer) -> int:
    return sum(plural == CONFIG_MAP.plural for plural, _ in server.list_names())


async def test_pods_that_are_held_back_keep_their_config(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    before = read_config(server, "worker")
    await make_cluster(server, **OTHER_CONFIG)

    await reconciler.reconcile(KEY)

    assert read_config(server, "worker") == before is not None
    await finish_setup(server)
    await reconciler.reconcile(KEY)
    assert read_config(server, "worker") != before


async def test_a_config_goes_when_the_last_pod_that_may_read_it_has_gone(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    usual = count_config_maps(server)
    await make_cluster(server, **OTHER_CONFIG)
    await reconciler.reconcile(KEY)
    await finish_setup(server)

    for _ in range(3):  # the new pods are made, and do not become ready yet
        await reconciler.reconcile(KEY)
    assert count_config_maps(server) == usual + 1

    await get_all_ready(server)
    await reconciler.reconcile(KEY)
    assert count_config_maps(server) == usual


async def test_pods_that_are_held_back_are_repaired(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    await settle(server, make_reconciler(api))
    before = read_deployment(server, "worker")["spec"]
    for low in (1, 2):  # neither of which is ever set up
        await make_cluster(server, worker={"concurrency": {"low": low}})
        await make_reconciler(api).reconcile(KEY)
    await server.erase(DEPLOYMENT, "demo-worker")

    await make_reconciler(api).reconcile(KEY)

    assert read_deployment(server, "worker")["spec"] == before
    assert read_config(server, "worker")


async def test_what_pods_that_are_held_back_need_is_repaired(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    await server.write(SECRET, {"metadata": {"name": "mine"}, "data": {"uri": ""}})
    await make_cluster(server, database={"secretRef": {"name": "mine"}})
    await reconciler.reconcile(KEY)
    await server.erase(STATEFUL_SET, "demo-postgres")

    await reconciler.reconcile(KEY)
    assert server.find(STATEFUL_SET, "demo-postgres"), "the database of the pods that run"

    await settle(server, reconciler)
    assert not server.find(STATEFUL_SET, "demo-postgres"), "once they use another one"


async def test_a_setup_that_is_withdrawn_leaves_nothing_behind(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    before = list_lasting(server)
    await make_cluster(server, **OTHER_CONFIG)
    await reconciler.reconcile(KEY)
    await make_cluster(server)

    await settle(server, reconciler)

    assert list_lasting(server) == before
    assert count_revisions(server) == 1


async def test_the_rendering_of_before_is_kept_until_the_setup_is_done(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    await make_cluster(server, **OTHER_CONFIG)
    await reconciler.reconcile(KEY)
    assert count_revisions(server) == 2

    await finish_setup(server)
    await reconciler.reconcile(KEY)

    assert count_revisions(server) == 1


def list_lasting(server: ApiServer) -> set[tuple[str, str]]:
    """Everything but Jobs, of which a finished one may stay or go."""
    return {(plural, name) for plural, name in server.list_names() if plural != JOB.plural}


def count_revisions(server: ApiServer) -> int:
    return sum(plural == CONTROLLER_REVISION.plural for plural, _, _ in server.objects)
