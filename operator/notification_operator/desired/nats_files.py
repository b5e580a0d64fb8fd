"""What a NATS server on Kubernetes reads: its configuration, and beside it what must stay secret.

The configuration itself is no secret: passwords are variables, which the included files of a generated Secret define.
"""

import json
from typing import Any, Final

from ..names import Names
from ..nats_config import PERMISSIONS, render_permissions
from ..quantity import count_bytes
from ..spec import NatsSpec
from .config import CLIENT_PORT
from .generated import Entry

CLUSTER_PORT: Final = 6222
MONITORING_PORT: Final = 8222
STORE: Final = "/data"
LAME_DUCK: Final = 30  # seconds in which clients are moved to other servers
FILE: Final = "nats.conf"
PASSWORDS: Final = "passwords.conf"
ROUTES: Final = "routes.conf"
_ROUTE: Final = "route"
_SEEDS: Final = 3  # servers that the others ask for the rest; the least number of a cluster, so that it never changes
_USABLE: Final = 0.9  # of the volume; the rest is the file system's own, and for what streams write while they shrink


def render_nats_file(names: Names, nats: NatsSpec) -> str:
    """Return the configuration; the server's name is given on its command line."""
    settings: dict[str, Any] = {
        "listen": f"0.0.0.0:{CLIENT_PORT}",
        "http": f"0.0.0.0:{MONITORING_PORT}",
        "lame_duck_duration": f"{LAME_DUCK}s",
        "lame_duck_grace_period": "5s",
        "jetstream": {
            "store_dir": STORE,
            "max_file_store": int(count_bytes(nats.storage) * _USABLE),
            "sync_interval": nats.sync_interval,
        },
        "authorization": {"users": [_render_user(role) for role in PERMISSIONS]},
    }
    lines = [f"include {PASSWORDS}", *(f"{key}: {_write(value)}" for key, value in settings.items())]
    return "\n".join([*lines, *_render_cluster(names, nats)]) + "\n"


def list_nats_entries(names: Names, nats: NatsSpec) -> tuple[Entry, ...]:
    """Return what the generated Secret holds: a password for each role, and the files that the configuration includes.

    With several servers there is one more password, by which they recognise each other.
    """
    users = (*PERMISSIONS, _ROUTE) if nats.servers > 1 else tuple(PERMISSIONS)
    passwords = "".join(f'{user}_password: "{{{user}}}"\n' for user in users)
    entries = (*(Entry(user, "password") for user in users), Entry(PASSWORDS, "text", passwords))
    if nats.servers == 1:
        return entries
    seeds = (f"nats://{_ROUTE}:{{{_ROUTE}}}@{names.nats_server(ordinal)}:{CLUSTER_PORT}" for ordinal in range(_SEEDS))
    return (*entries, Entry(ROUTES, "text", f"routes: {json.dumps(list(seeds))}\n"))


def list_included_files(nats: NatsSpec) -> tuple[str, ...]:
    """Return the entries of the generated Secret that a server reads."""
    return (PASSWORDS, ROUTES) if nats.servers > 1 else (PASSWORDS,)


def _render_cluster(names: Names, nats: NatsSpec) -> list[str]:
    if nats.servers == 1:
        return []
    return [
        "cluster: {",
        f"  name: {_write(names.cluster)}",
        f'  listen: "0.0.0.0:{CLUSTER_PORT}"',
        # Clients know all servers by names that outlive their pods.
        "  no_advertise: true",
        f"  authorization: {{user: {_ROUTE}, password: ${_ROUTE}_password}}",
        f"  include {ROUTES}",
        "}",
    ]


def _render_user(role: str) -> dict[str, Any]:
    return {"user": role, "password": f"${role}_password", "permissions": render_permissions(role)}


def _write(value: Any) -> str:
    """Return JSON, which the server reads too, with variables freed of their quotes: in those they would be text."""
    text = json.dumps(value)
    for role in PERMISSIONS:
        text = text.replace(f'"${role}_password"', f"${role}_password")
    return text
