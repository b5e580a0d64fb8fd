"""The configuration of a NATS server; pure text, and a secret, since it holds the passwords of the roles."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .quantity import count_bytes
from .spec import NatsSpec

# What each role may publish to and subscribe to; whatever is not listed is refused. Nobody publishes below ntf.live:
# there the server itself tells what it has stored.
PERMISSIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "gateway": {
        "publish": (
            "ntf.jobs.>",
            "ntf.topics.>",
            "ntf.inbox.*.*",
            "ntf.fleet",
            "ntf.presence.*",
            "ntf.revocations",
            "ntf.emits.*",
            "ntf.spends",
            "ntf.sessions.*.*",
            "_INBOX.gateway.>",
            "$JS.API.STREAM.INFO.NTF_TOPICS",
            "$JS.API.STREAM.CREATE.NTF_TOPICS",
            "$JS.API.DIRECT.GET.NTF_TOPICS",
            "$JS.API.STREAM.CREATE.NTF_SESSIONS",
            "$JS.API.DIRECT.GET.NTF_SESSIONS",
        ),
        "subscribe": (
            "ntf.live.>",
            "ntf.inbox.*.*",
            "ntf.fleet",
            "ntf.presence.*",
            "ntf.revocations",
            "ntf.emits.*",
            "ntf.spends",
            "_INBOX.gateway.>",
        ),
    },
    "worker": {
        "publish": (
            "ntf.jobs.>",
            "ntf.inbox.*.*",
            "_INBOX.worker.>",
            "$JS.API.STREAM.INFO.NTF_JOBS",
            "$JS.API.STREAM.CREATE.NTF_JOBS",
            "$JS.API.STREAM.UPDATE.NTF_JOBS",
            "$JS.API.STREAM.MSG.GET.NTF_JOBS",
            "$JS.API.STREAM.CREATE.NTF_TOPICS",
            "$JS.API.STREAM.UPDATE.NTF_TOPICS",
            "$JS.API.STREAM.CREATE.NTF_SESSIONS",
            "$JS.API.STREAM.UPDATE.NTF_SESSIONS",
            "$JS.API.CONSUMER.CREATE.NTF_JOBS.>",
            "$JS.API.CONSUMER.MSG.NEXT.NTF_JOBS.*",
            "$JS.ACK.NTF_JOBS.>",
            "$JS.ACK.*.*.NTF_JOBS.>",
        ),
        "subscribe": ("_INBOX.worker.>",),
    },
}
# Of what it is sent it may answer what asks for an answer, wherever that goes: a worker offers it events.
_ANSWERS = frozenset({"gateway"})


@dataclass(frozen=True, slots=True)
class NatsPlace:
    """Where one server listens and stores: `host:port` of clients and of its monitoring, and a folder."""

    server_name: str
    listen: str
    monitoring: str
    store: str


def render_nats_config(nats: NatsSpec, place: NatsPlace, passwords: Mapping[str, str]) -> str:
    """Return the file; `passwords` is keyed by role. JSON is a subset of the server's own format."""
    config = {
        "server_name": place.server_name,
        "listen": place.listen,
        "http": place.monitoring,
        "jetstream": {
            "store_dir": place.store,
            "max_file_store": count_bytes(nats.storage),
            "sync_interval": nats.sync_interval,
        },
        "authorization": {"users": [_render_user(role, password) for role, password in passwords.items()]},
    }
    return json.dumps(config, indent=2) + "\n"


def render_permissions(role: str) -> dict[str, Any]:
    """Return what the server allows a role, in the server's words."""
    permissions: dict[str, Any] = {verb: list(subjects) for verb, subjects in PERMISSIONS[role].items()}
    return permissions | ({"allow_responses": True} if role in _ANSWERS else {})


def _render_user(role: str, password: str) -> dict[str, Any]:
    return {"user": role, "password": password, "permissions": render_permissions(role)}
