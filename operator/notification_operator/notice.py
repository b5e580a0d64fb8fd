"""What is told as Kubernetes Events: only what changed, so that they stay few. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final, Literal

from . import names
from .custom_resource import CustomResource
from .kinds import EVENT, Object, describe
from .plan import Repair
from .problem import PASSING

_TOLD: Final = ("Ready", "Reconciled", "SetupComplete", "Paused")
_EXPECTED: Final = frozenset(
    {"PodsNotReady", "NotAsked", "NotMade", "NotPaused", "NotReached", "Paused", "RollingOut", "Running", "Starting"}
)


@dataclass(frozen=True, slots=True)
class Notice:
    """One event about a cluster; `reason` is one word in CamelCase."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


def list_notices(previous: Object, status: Object, repairs: Iterable[Repair], cluster: str) -> list[Notice]:
    """Return what is worth telling: conditions that turned, and repairs of what somebody changed."""
    before = {each["type"]: (each["status"], each["reason"]) for each in previous.get("conditions", ())}
    turned = [
        _tell(each)
        for each in status["conditions"]
        if each["type"] in _TOLD and _is_news(each, before.get(each["type"]))
    ]
    return [*turned, *(_tell_repair(repair, cluster) for repair in repairs)]


def write_notice(notice: Notice, cluster: CustomResource, now: datetime) -> Object:
    """Return the Event; the same notice has the same name, so that telling it again only moves its time."""
    made_of = f"{cluster.uid} {notice.reason} {notice.message}"
    return {
        "apiVersion": EVENT.api_version,
        "kind": EVENT.name,
        "metadata": {
            "name": f"{cluster.key.name}.{sha256(made_of.encode()).hexdigest()[:16]}",
            "namespace": cluster.key.namespace,
        },
        "involvedObject": {
            "apiVersion": names.API_VERSION,
            "kind": names.KIND,
            "name": cluster.key.name,
            "namespace": cluster.key.namespace,
            "uid": cluster.uid,
        },
        "type": notice.type,
        "reason": notice.reason,
        "message": notice.message,
        "lastTimestamp": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "source": {"component": names.OPERATOR},
        "reportingComponent": names.OPERATOR,
        "reportingInstance": names.OPERATOR,
    }


def _is_news(condition: Object, before: tuple[str, str] | None) -> bool:
    if condition["reason"] in PASSING or (before and before[1] in PASSING):
        return False
    if before is None:
        return (
            condition["status"] == "False"
            and condition["reason"] not in _EXPECTED
            and condition["type"] == "Reconciled"
        )
    if before[0] != condition["status"]:
        return True
    worse = condition["status"] == "False" and condition["reason"] not in _EXPECTED
    return worse and before[1] != condition["reason"] and condition["type"] != "Ready"


def _tell(condition: Object) -> Notice:
    good = condition["status"] == "True" or condition["reason"] in _EXPECTED or condition["type"] == "Paused"
    reason = condition["type"] if condition["status"] == "True" else condition["reason"]
    return Notice("Normal" if good else "Warning", reason, f"{condition['type']}: {condition['message']}")


def _tell_repair(repair: Repair, cluster: str) -> Notice:
    what = f"{repair.field} of {describe(repair.manifest)}"
    return Notice("Warning", "Repaired", f"put back {what}; change the {names.KIND} {cluster} instead")
