"""A NotificationCluster in the API server, and what others would do to it: kubelets, controllers, users."""

from collections.abc import Mapping
from typing import Any

from notification_operator.blueprint import Blueprint
from notification_operator.custom_resource import Key
from notification_operator.hearing import Hearing
from notification_operator.kinds import CLUSTER, DEPLOYMENT, JOB, STATEFUL_SET
from notification_operator.kubernetes import Api
from notification_operator.reconcile import Reconciler

from .api_server import ApiServer

KEY = Key("default", "demo")
SPEC: Mapping[str, Any] = {"demo": True, "database": {"embedded": {"storage": "1Gi"}}}


async def make_cluster(server: ApiServer, name: str = "demo", **spec: Any) -> dict[str, Any]:
    """As `kubectl apply` would."""
    there = server.find(CLUSTER, name) or {"metadata": {"name": name}}
    return await server.write(CLUSTER, {**there, "spec": {**SPEC, **spec}})


async def annotate(server: ApiServer, annotation: str, text: str) -> None:
    """As `kubectl annotate` would."""
    cluster = server.objects[CLUSTER.plural, KEY.namespace, KEY.name]
    annotations = {**cluster["metadata"].get("annotations", {}), annotation: text}
    await server.write(CLUSTER, {**cluster, "metadata": {**cluster["metadata"], "annotations": annotations}})


def make_reconciler(api: Api, blueprint: Blueprint | None = None) -> Reconciler:
    """One that has seen nothing yet."""
    return Reconciler(api, blueprint or Blueprint(), Hearing())


async def finish_setup(server: ApiServer, condition: Mapping[str, Any] | None = None) -> None:
    """Let every setup Job succeed, or end as `condition` says."""
    end = condition or {"type": "Complete", "status": "True"}
    for address, job in list(server.objects.items()):
        if address[0] == JOB.plural:
            await server.write(JOB, {**job, "status": {"conditions": [dict(end)]}})


async def settle(server: ApiServer, reconciler: Reconciler) -> None:
    """Reconcile until everything is made and ready, and nothing is left to report."""
    for _ in range(4):
        await reconciler.reconcile(KEY)
        await finish_setup(server)
        await get_all_ready(server)


async def get_all_ready(server: ApiServer) -> None:
    """Let every pod that is wanted run and be ready."""
    for kind in (DEPLOYMENT, STATEFUL_SET):
        for address, each in list(server.objects.items()):
            if address[0] == kind.plural:
                names = ("replicas", "readyReplicas", "availableReplicas", "updatedReplicas")
                counts = dict.fromkeys(names, each["spec"]["replicas"])
                status = {**counts, "observedGeneration": each["metadata"]["generation"]}
                await server.write(kind, {**each, "status": status})
