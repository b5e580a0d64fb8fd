"""The audit log: who asked the API for what, and what it answered."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One answered request. `subresource` and `name` are empty where there is none; `code` is the HTTP status."""

    user: str
    agent: str
    verb: str
    group: str
    resource: str
    subresource: str
    namespace: str
    name: str
    code: int
    received: datetime
    answered: datetime

    @property
    def is_write(self) -> bool:
        """Whether the request was to change something."""
        return self.verb not in {"get", "list", "watch"}


def read_audit_log(path: Path) -> Iterator[AuditEvent]:
    """The events of an audit log, in the order of their answers; not the last line if it is still being written."""
    with path.open() as lines:
        for line in lines:
            if line.endswith("\n"):
                yield from read_event(json.loads(line))


def read_event(event: dict[str, object]) -> Iterator[AuditEvent]:
    """The event of one line; none for a request of no object, or a watch that has only begun."""
    match event:
        case {
            "stage": "ResponseComplete",
            "objectRef": dict(target),
            "user": {"username": str(user)},
            "verb": str(verb),
            "responseStatus": {"code": int(code)},
            "requestReceivedTimestamp": str(received),
            "stageTimestamp": str(answered),
        }:
            yield AuditEvent(
                user=user,
                agent=str(event.get("userAgent", "")),
                verb=verb,
                group=target.get("apiGroup", ""),
                resource=target.get("resource", ""),
                subresource=target.get("subresource", ""),
                namespace=target.get("namespace", ""),
                name=target.get("name", ""),
                code=code,
                received=datetime.fromisoformat(received),
                answered=datetime.fromisoformat(answered),
            )
