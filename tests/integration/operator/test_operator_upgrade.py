"""An operator of another version restarts nothing: it repairs from the kept rendering until the spec changes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from notification_operator.blueprint import Blueprint
from notification_operator.custom_resource import RENDER_ANNOTATION
from notification_operator.desired import Inputs, Rendering, render
from notification_operator.images import Images
from notification_operator.kinds import CONTROLLER_REVISION, DEPLOYMENT, SERVICE, STATEFUL_SET
from notification_operator.kubernetes import Api
from notification_operator.spec import ClusterSpec

from .api_server import ApiServer
from .cluster import KEY, annotate, make_cluster, make_reconciler, settle


def render_anew(spec: ClusterSpec, inputs: Inputs) -> Rendering:
    """Builders that label everything and give pods another variable."""
    rendering = render(spec, inputs)
    return replace(rendering, workloads=tuple(add_variable(manifest) for manifest in rendering.workloads))


def add_variable(manifest: Mapping[str, Any]) -> dict[str, Any]:
    labels = {**manifest["metadata"]["labels"], "new": "label"}
    changed = {**manifest, "metadata": {**manifest["metadata"], "labels": labels}}
    if manifest["kind"] == "Deployment":
        template = manifest["spec"]["template"]
        containers = [{**each, "env": [{"name": "NEW", "value": "1"}]} for each in template["spec"]["containers"]]
        spec = {**template["spec"], "containers": containers}
        changed["spec"] = {**manifest["spec"], "template": {**template, "spec": spec}}
    return changed


LABELS = {"app.kubernetes.io/instance": "demo", "app.kubernetes.io/managed-by": "notification-operator"}
NEWER = Blueprint(render=render_anew, images=Images("workloads:2", "nats:2", "postgres:2"))


async def test_a_newer_operator_writes_nothing_but_once_the_status(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    await settle(server, make_reconciler(api))
    before = server.count_writes()

    await make_reconciler(api, replace(NEWER, images=Images())).reconcile(KEY)
    assert server.count_writes() == before

    for _ in range(2):
        await make_reconciler(api, NEWER).reconcile(KEY)
    assert server.count_writes() == before + 1, "it tells of its images"


async def test_a_newer_operator_repairs_to_what_was(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    await settle(server, make_reconciler(api))
    before = server.objects["deployments", "default", "demo-gateway"]["spec"]
    await server.erase(DEPLOYMENT, "demo-gateway")

    await make_reconciler(api, NEWER).reconcile(KEY)

    assert server.objects["deployments", "default", "demo-gateway"]["spec"] == before


async def test_the_next_change_of_the_spec_is_rendered_by_the_newer_one(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    await settle(server, make_reconciler(api))
    await make_cluster(server, gateway={"replicas": 3})

    await settle(server, make_reconciler(api, NEWER))

    deployment = server.objects["deployments", "default", "demo-gateway"]
    assert deployment["metadata"]["labels"]["new"] == "label"
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert {"name": "NEW", "value": "1"} in container["env"]
    assert container["image"] == Images().workloads, "the image that was chosen once stays"


async def test_only_the_last_rendering_is_kept(server: ApiServer, api: Api) -> None:
    theirs = {"metadata": {"name": "demo-nats-1", "labels": LABELS}}
    await server.write(CONTROLLER_REVISION, theirs)
    for replicas in (2, 3, 4):
        await make_cluster(server, gateway={"replicas": replicas})
        await settle(server, make_reconciler(api))

    kept = {name for plural, _, name in server.objects if plural == CONTROLLER_REVISION.plural}

    assert "demo-nats-1" in kept, "a revision of somebody else"
    assert len(kept) == 2


async def test_a_cluster_that_is_made_again_gets_a_rendering_of_its_own(server: ApiServer, api: Api) -> None:
    first = await make_cluster(server)
    await settle(server, make_reconciler(api))
    await server.erase_cluster(first)
    second = await make_cluster(server)

    await settle(server, make_reconciler(api))

    service = server.find(SERVICE, "demo-gateway")
    assert service is not None
    assert service["metadata"]["ownerReferences"][0]["uid"] == second["metadata"]["uid"] != first["metadata"]["uid"]


async def test_images_that_the_operator_would_no_longer_choose_are_told(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    await settle(server, make_reconciler(api))
    assert server.read_condition("Reconciled")["message"] == COMPLETE

    await make_reconciler(api, NEWER).reconcile(KEY)

    reconciled = server.read_condition("Reconciled")
    assert (reconciled["status"], reconciled["reason"]) == ("True", "Applied")
    assert reconciled["message"].startswith(f"{COMPLETE}; {Images().postgres} runs where the operator has postgres:2")
    assert f"{Images().nats} runs where the operator has nats:2 by now" in reconciled["message"]
    assert RENDER_ANNOTATION in reconciled["message"]


async def test_what_the_operator_would_choose_now_is_had_by_an_annotation(server: ApiServer, api: Api) -> None:
    await make_cluster(server)
    await settle(server, make_reconciler(api))
    await annotate(server, RENDER_ANNOTATION, "2026-11-21")

    await settle(server, make_reconciler(api, NEWER))

    assert [read_image(server, name) for name in ("demo-nats", "demo-postgres")] == ["nats:2", "postgres:2"]
    assert server.read_condition("Reconciled")["message"] == COMPLETE


COMPLETE = "every object is as the spec wants it"


def read_image(server: ApiServer, name: str) -> str:
    (container,) = server.objects[STATEFUL_SET.plural, "default", name]["spec"]["template"]["spec"]["containers"]
    return str(container["image"])
