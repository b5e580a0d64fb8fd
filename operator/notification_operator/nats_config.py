"""The configuration of a NATS server; pure text, and a secret, since it holds the passwords of the roles."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .quantity import count_bytes
from .spec import NatsSpec

_JETSTREAM = ("$JS.API.>", "$JS.ACK.>", "$JS.FC.>", "$KV.>")
_OWN = ("ntf.>", "_INBOX.>")

# What each role may publish to and subscribe to; whatever is not listed is refused.
PERMISSIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "gateway": {"publish": (*_OWN, *_JETSTREAM), "subscribe": (*_OWN, *_JETSTREAM)},
    "worker": {"publish": (*_OWN, *_JETSTREAM), "subscribe": (*_OWN, *_JETSTREAM)},
}


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


def _render_user(role: str, password: str) -> dict[str, Any]:
    permissions = {verb: list(subjects) for verb, subjects in PERMISSIONS[role].items()}
    return {"user": role, "password": password, "permissions": permissions}
