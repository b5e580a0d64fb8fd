"""What is reported of a cluster: its conditions, and figures of its gateways and NATS servers. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from . import names
from .condition import Condition, write_conditions
from .custom_resource import CustomResource
from .kinds import Object
from .names import Names
from .plan import Identity
from .problem import Problem
from .rollout import has_rolled_out, is_seen
from .setup_job import Setup

# Ready needs all of these
PARTS: Final = ("Reconciled", "SetupComplete", "DatabaseReady", "NatsReady", "GatewaysReady", "WorkersReady")


@dataclass(frozen=True, slots=True)
class Facts:
    """What one pass found out; `setup` and `image`, that of the workloads, are None when it did not come to ask.

    `remark` is what a person should know of objects that are as they should be.
    """

    children: Mapping[Identity, Object]
    image: str | None = None
    setup: Setup | None = None
    problem: Problem | None = None
    remark: str = ""


def build_status(cluster: CustomResource, facts: Facts, now: datetime) -> Object:
    """Return the whole status that `facts` amount to."""
    parts = [
        judge_reconciled(cluster, facts),
        judge_setup_complete(cluster, facts),
        judge_database(cluster, facts),
        judge_nats(cluster, facts),
        judge_gateways(cluster, facts),
        judge_workers(cluster, facts),
    ]
    conditions = [judge_ready(parts, facts), *parts, judge_paused(cluster)]
    done = facts.setup.hash if facts.setup and facts.setup.state == "done" else cluster.setup_hash
    return {
        "observedGeneration": cluster.generation,
        **_tell_images(cluster, facts),
        **({"setup": {"hash": done}} if done else {}),
        "gateway": _count_gateways(cluster, facts),
        "nats": {"quorum": _judge_quorum(cluster, facts)},
        "conditions": write_conditions(conditions, cluster.status.get("conditions", ()), cluster.generation, now),
    }


def _tell_images(cluster: CustomResource, facts: Facts) -> Object:
    """Return the image that the pods are made with, and the default to return to when the spec names none any more."""
    image = facts.image or cluster.status.get("image")
    is_default = facts.image is not None and not cluster.raw["spec"].get("image")
    default = facts.image if is_default else cluster.default_image
    return {**({"image": image} if image else {}), **({"defaultImage": default} if default else {})}


def list_changes(previous: Object, status: Object) -> dict[str, Any]:
    """Return the fields to patch: those that differ, and None for those that are gone."""
    gone = {field: None for field in previous if field not in status}
    return {field: value for field, value in status.items() if previous.get(field) != value} | gone


def judge_ready(parts: list[Condition], facts: Facts) -> Condition:
    """Ready: everything below is so, and nothing sleeps."""
    if facts.setup is not None and facts.setup.state == "skipped":
        return Condition("Ready", "False", facts.setup.reason, facts.setup.message)
    missing = next((part for part in parts if part.status != "True"), None)
    if missing is None:
        return Condition("Ready", "True", "Ready", "notifications are accepted and delivered")
    return Condition("Ready", "False", missing.reason, f"{missing.type} is {missing.status}: {missing.message}")


def judge_reconciled(cluster: CustomResource, facts: Facts) -> Condition:
    """Reconciled: every object is as the spec wants it, but for those that wait for the setup."""
    if cluster.is_paused:
        return Condition("Reconciled", "Unknown", "Paused", "objects are left alone while the annotation says so")
    if facts.problem is not None:
        return Condition("Reconciled", "False", facts.problem.reason, facts.problem.message)
    remark = f"; {facts.remark}" if facts.remark else ""
    return Condition("Reconciled", "True", "Applied", f"every object is as the spec wants it{remark}")


def judge_setup_complete(cluster: CustomResource, facts: Facts) -> Condition:
    """SetupComplete: the setup Job of this image and configuration has succeeded."""
    setup = facts.setup
    if setup is None or setup.state == "skipped":
        last = _last(cluster, "SetupComplete")
        return last or Condition("SetupComplete", "Unknown", "NotAsked", "the setup waits for the spec to be in order")
    return Condition("SetupComplete", "True" if setup.state == "done" else "False", setup.reason, setup.message)


def judge_database(cluster: CustomResource, facts: Facts) -> Condition:
    """DatabaseReady: the embedded one runs; any other was reached by the setup."""
    embedded = facts.children.get(("StatefulSet", Names(cluster.key.name).postgres))
    if embedded is not None:
        return _judge_set("DatabaseReady", embedded)
    if facts.setup is not None and facts.setup.state == "done":
        return Condition("DatabaseReady", "True", "Reached", "the setup has reached the database")
    last = _last(cluster, "DatabaseReady")
    return last or Condition("DatabaseReady", "Unknown", "NotReached", "the setup has not reached the database yet")


def judge_nats(cluster: CustomResource, facts: Facts) -> Condition:
    """NatsReady: every server answers."""
    return _judge_set("NatsReady", facts.children.get(("StatefulSet", Names(cluster.key.name).nats)))


def judge_gateways(cluster: CustomResource, facts: Facts) -> Condition:
    """GatewaysReady: every gateway is of the newest template and accepts connections."""
    return _judge_deployment("GatewaysReady", facts.children.get(("Deployment", Names(cluster.key.name).gateway)))


def judge_workers(cluster: CustomResource, facts: Facts) -> Condition:
    """WorkersReady: every worker is of the newest template and takes jobs."""
    return _judge_deployment("WorkersReady", facts.children.get(("Deployment", Names(cluster.key.name).worker)))


def judge_paused(cluster: CustomResource) -> Condition:
    """Paused: its user asked to leave its objects alone."""
    if cluster.is_paused:
        return Condition(
            "Paused", "True", "Annotated", "remove the annotation notification-operator.dev/paused to go on"
        )
    return Condition("Paused", "False", "NotPaused", "every change is acted upon")


def _judge_set(type_: str, stateful_set: Object | None) -> Condition:
    if stateful_set is None:
        return Condition(type_, "False", "NotMade", "its StatefulSet does not exist yet")
    status, wanted = stateful_set.get("status", {}), stateful_set["spec"].get("replicas", 1)
    ready, updated = status.get("readyReplicas", 0), status.get("updatedReplicas", 0)
    if ready < wanted:
        return Condition(type_, "False", "PodsNotReady", f"{ready} of {wanted} pods are ready")
    seen = is_seen(stateful_set)
    if not seen or status.get("currentRevision") != status.get("updateRevision"):
        return Condition(type_, "False", "RollingOut", f"{updated if seen else 0} of {wanted} pods are up to date")
    return Condition(type_, "True", "PodsReady", f"{ready} of {wanted} pods are ready")


def _judge_deployment(type_: str, deployment: Object | None) -> Condition:
    if deployment is None:
        return Condition(type_, "False", "NotMade", "its Deployment does not exist yet")
    status, wanted = deployment.get("status", {}), deployment["spec"].get("replicas", 1)
    available, updated = status.get("availableReplicas", 0), status.get("updatedReplicas", 0)
    if available < wanted:
        return Condition(type_, "False", "PodsNotReady", f"{available} of {wanted} pods are ready")
    if not has_rolled_out(deployment):
        updated = updated if is_seen(deployment) else 0
        return Condition(type_, "False", "RollingOut", f"{updated} of {wanted} pods are up to date")
    return Condition(type_, "True", "PodsReady", f"{available} of {wanted} pods are ready")


def _count_gateways(cluster: CustomResource, facts: Facts) -> Object:
    deployment = facts.children.get(("Deployment", Names(cluster.key.name).gateway), {})
    selector = names.select(cluster.key.name, "gateway")
    return {
        **cluster.status.get("gateway", {}),
        "replicas": deployment.get("status", {}).get("replicas", 0),
        "desired": deployment.get("spec", {}).get("replicas", 0),
        "selector": ",".join(f"{label}={value}" for label, value in selector.items()),
    }


def _judge_quorum(cluster: CustomResource, facts: Facts) -> str:
    """Return `ok`, `critical` when one more loss stops JetStream, or `lost`; one server alone is ok or lost."""
    servers = facts.children.get(("StatefulSet", Names(cluster.key.name).nats), {})
    wanted, ready = servers.get("spec", {}).get("replicas", 1), servers.get("status", {}).get("readyReplicas", 0)
    needed = wanted // 2 + 1
    if ready < needed:
        return "lost"
    return "critical" if ready == needed < wanted else "ok"


def _last(cluster: CustomResource, type_: str) -> Condition | None:
    last = next((each for each in cluster.status.get("conditions", ()) if each["type"] == type_), None)
    return last and Condition(type_, last["status"], last["reason"], last["message"])
