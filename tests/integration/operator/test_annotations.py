"""A person who knows more than the spec says has the setup run once more by an annotation."""

from typing import Any

from notification_operator.custom_resource import SETUP_ANNOTATION
from notification_operator.kinds import DEPLOYMENT, JOB
from notification_operator.kubernetes import Api

from .api_server import ApiServer
from .cluster import KEY, annotate, finish_setup, make_cluster, make_reconciler, settle


async def test_a_database_that_was_restored_is_set_up_again(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    reconciler = make_reconciler(api)
    await settle(server, reconciler)
    before, gateways = list_jobs(server), read_template(server)
    await annotate(server, SETUP_ANNOTATION, "2026-11-21")

    await reconciler.reconcile(KEY)
    assert len(list_jobs(server) - before) == 1
    assert server.read_condition("SetupComplete")["status"] == "False"

    await finish_setup(server)
    await reconciler.reconcile(KEY)
    assert server.read_condition("SetupComplete")["status"] == "True"
    assert read_template(server) == gateways, "nothing is restarted"


async def test_the_same_text_has_nothing_run_again(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    await annotate(server, SETUP_ANNOTATION, "2026-11-21")
    await settle(server, make_reconciler(api))
    before = server.count_writes()

    await make_reconciler(api).reconcile(KEY)

    assert server.count_writes() == before


def list_jobs(server: ApiServer) -> set[str]:
    return {name for plural, name in server.list_names() if plural == JOB.plural}


def read_template(server: ApiServer) -> dict[str, Any]:
    """What the gateways' pods are made from."""
    template: dict[str, Any] = server.objects[DEPLOYMENT.plural, "default", "demo-gateway"]["spec"]["template"]
    return template
