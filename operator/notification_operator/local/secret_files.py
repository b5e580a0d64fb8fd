"""Secrets of the local run: made once, kept in files that only this account may read, never regenerated."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from ..channels import needs_unsubscribe_key
from ..errors import Unusable
from ..machine import Machine, Places
from ..nats_config import PERMISSIONS, render_nats_config
from ..secret_reference import list_channel_references, list_key_references
from ..spec import ClusterSpec
from ..topology import derive_nats_place, derive_postgres_uri
from .replacement import replace_file

OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class DatabasePassword:
    """The password of the workloads' database role; `new` if this run made it."""

    text: str
    new: bool


def ensure_database_password(places: Places) -> DatabasePassword:
    """Return the password, made if absent."""
    before = _read(places.postgres_password)
    return DatabasePassword(before or _make(places.postgres_password), new=not before)


def ensure_secrets(cluster: ClusterSpec, machine: Machine, database_password: str) -> None:
    """Make what is absent and write what follows from it; raise Unusable when a file of the user's is absent."""
    places = machine.places
    passwords = {role: _ensure(places.nats_password(role)) for role in PERMISSIONS}
    uri = derive_postgres_uri(machine.ports.postgres, database_password)
    nats = render_nats_config(cluster.nats, derive_nats_place(cluster, machine), passwords)
    replace_file(places.postgres_uri, uri + "\n", mode=OWNER_ONLY)
    replace_file(places.nats_config, nats, mode=OWNER_ONLY)
    _ensure_generated(cluster, places)
    _require_given(cluster, places)


def _ensure_generated(cluster: ClusterSpec, places: Places) -> None:
    if cluster.auth.demo_key:
        _ensure(places.auth_key("", ""))
    if needs_unsubscribe_key(cluster.channels):
        _ensure(places.unsubscribe_key)


def _require_given(cluster: ClusterSpec, places: Places) -> None:
    for reference in (*list_key_references(cluster), *list_channel_references(cluster)):
        for path in (places.given(reference.name, entry) for entry in reference.entries):
            if not path.is_file():
                raise Unusable(
                    f"{reference.field}: there are no Secrets on this machine: put what it names into the file {path}"
                )


def _ensure(path: Path) -> str:
    return _read(path) or _make(path)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip() if path.exists() else ""


def _make(path: Path) -> str:
    secret = secrets.token_urlsafe(32)
    replace_file(path, secret + "\n", mode=OWNER_ONLY)
    return secret
