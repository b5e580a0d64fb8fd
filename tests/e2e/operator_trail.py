"""What the operator has asked of the API server, and which of its processes led when, by the audit log."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from tests.cluster.audit import AuditEvent
from tests.e2e.notification_cluster import NotificationCluster
from tests.e2e.release import NAME, NAMESPACE, Release
from tests.support.waiting import eventually_sync

ACCOUNT = f"system:serviceaccount:{NAMESPACE}:{NAME}"
_FORBIDDEN = 403
_FAREWELL = timedelta(seconds=30)  # the grace period of its pods


@dataclass(frozen=True, slots=True)
class Reign:
    """A process `identity` that led from `began` on: then its first write of the Lease had come in."""

    identity: str
    began: datetime
    requests: tuple[AuditEvent, ...]

    def list_writes(self, after: datetime) -> list[AuditEvent]:
        """What it wanted to change after a moment."""
        return [event for event in self.requests if event.is_write and event.received > after]


def list_requests(release: Release) -> Sequence[AuditEvent]:
    """All that it has asked for since the story began, in the order of the answers."""
    return [event for event in release.kubernetes.audit() if event.user == ACCOUNT and event.received >= release.began]


def list_refusals(release: Release) -> list[AuditEvent]:
    """What it was forbidden, but for the time in which it is removed: then its rights go before it does."""
    events = release.kubernetes.audit()
    removed = [event.received for event in events if _removes_rights(event)]
    return [
        event
        for event in events
        if (event.user, event.code) == (ACCOUNT, _FORBIDDEN)
        and event.received >= release.began
        and not any(moment <= event.received <= moment + _FAREWELL for moment in removed)
    ]


def list_reigns(requests: Sequence[AuditEvent]) -> list[Reign]:
    """Every process that has led, in order."""
    by_identity: dict[str, list[AuditEvent]] = {}
    for event in requests:
        by_identity.setdefault(read_identity(event), []).append(event)
    reigns = [
        Reign(identity, taken.received, tuple(asked))
        for identity, asked in by_identity.items()
        if (taken := next(filter(_holds_lease, asked), None))
    ]
    return sorted(reigns, key=lambda reign: reign.began)


def list_late_writes(reigns: Sequence[Reign]) -> list[AuditEvent]:
    """What processes have wanted to change when the next one led already."""
    return [event for former, following in pairwise(reigns) for event in former.list_writes(following.began)]


def list_asked(release: Release, cluster: NotificationCluster, since: datetime) -> list[AuditEvent]:
    """What was asked about a cluster, or about anything in its namespace, since a moment."""
    asked = list_requests(release)
    return [event for event in asked if event.namespace == cluster.namespace and event.received >= since]


def count_passes(asked: Iterable[AuditEvent]) -> Counter[str]:
    """How many passes each process has begun, which it does by reading the cluster."""
    return Counter(
        read_identity(event) for event in asked if (event.verb, event.resource) == ("get", "notificationclusters")
    )


def await_pass(release: Release, cluster: NotificationCluster, since: datetime) -> None:
    """Return when the present leader has looked at a cluster."""
    eventually_sync(
        lambda: release.holder in count_passes(list_asked(release, cluster, since)),
        within=30,
        what=f"a pass of the new leader over {cluster.name}",
        pause=0.5,
    )


def read_identity(event: AuditEvent) -> str:
    """The process that asked, which is how it calls itself in the Lease."""
    found = re.search(r"\((.+)\)$", event.agent)
    return found[1] if found else event.agent


def _removes_rights(event: AuditEvent) -> bool:
    return event.verb == "delete" and (event.resource, event.name) in {
        ("rolebindings", NAME),  # Helm removes it first, and a candidate may ask for the Lease before the next line
        ("clusterrolebindings", NAME),
        ("namespaces", NAMESPACE),
    }


def _holds_lease(event: AuditEvent) -> bool:
    return event.resource == "leases" and event.is_write and event.code < 400
