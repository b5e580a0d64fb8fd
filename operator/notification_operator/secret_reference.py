"""The Secrets that a cluster reads and its user made: which entries of them, and which field names them. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from .spec import ClusterSpec

_UNSUBSCRIBE_KEY: Final = "spec.channels.email.unsubscribeKeySecretRef"

URI: Final = "uri"
# What the address is put together from where it is not given whole.
URI_PARTS: Final = ("host", "port", "user", "password", "dbname")


@dataclass(frozen=True, slots=True)
class SecretReference:
    """The field with this path wants `entries` of the Secret `name`: all of them, or with `optional` what is there."""

    field: str
    name: str
    entries: tuple[str, ...]
    optional: bool = False


def list_secret_references(cluster: ClusterSpec) -> tuple[SecretReference, ...]:
    """Return what the user's Secrets must hold, the database first; generated Secrets are not among them."""
    databases = (*list_database_references(cluster), *list_replica_references(cluster))
    return (*databases, *list_key_references(cluster), *list_channel_references(cluster))


def list_database_references(cluster: ClusterSpec) -> tuple[SecretReference, ...]:
    """Return where the address of the database comes from, whole or in parts; nothing for the embedded one."""
    database = cluster.database
    return _refer_to_address(f"spec.database.{database.source}", database.secret)


def list_replica_references(cluster: ClusterSpec) -> tuple[SecretReference, ...]:
    """Return where the address of the read replica comes from, likewise; nothing without one."""
    return _refer_to_address("spec.database.replicas.secretRef", cluster.database.replica_secret)


def list_key_references(cluster: ClusterSpec) -> tuple[SecretReference, ...]:
    """Return where the keys come from that tokens are verified with."""
    return tuple(
        SecretReference(f"spec.auth.keys[{number}].secretRef", key.secret, (key.entry,))
        for number, key in enumerate(cluster.auth.keys)
    )


def list_channel_references(cluster: ClusterSpec) -> tuple[SecretReference, ...]:
    """Return where passwords and keys of the channels come from."""
    return tuple(_find(cluster.channels, "spec.channels"))


def list_role_references(role: Literal["gateway", "worker"], cluster: ClusterSpec) -> tuple[SecretReference, ...]:
    """Return what gateways, or workers, need beside the database."""
    channels = list_channel_references(cluster)
    if role == "worker":
        return channels
    public = (each for each in channels if each.field == _UNSUBSCRIBE_KEY)
    return (*list_replica_references(cluster), *list_key_references(cluster), *public)


def _refer_to_address(field: str, secret: str) -> tuple[SecretReference, ...]:
    return (SecretReference(field, secret, (URI, *URI_PARTS), optional=True),) if secret else ()


def _find(settings: Any, field: str) -> Iterator[SecretReference]:
    match settings:
        case {"name": str(secret), "key": str(entry)}:
            if secret:
                yield SecretReference(field, secret, (entry,))
        case Mapping():
            for name, inner in settings.items():
                yield from _find(inner, f"{field}.{name}")
        case list():
            for number, inner in enumerate(settings):
                yield from _find(inner, f"{field}[{number}]")
