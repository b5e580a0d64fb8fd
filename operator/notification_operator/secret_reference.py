"""The Secrets that a cluster reads and its user made: which entries of them, and which field names them. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from .spec import ClusterSpec

URI = "uri"


@dataclass(frozen=True, slots=True)
class SecretReference:
    """`entries` of the Secret `name` are wanted by the field with this path."""

    field: str
    name: str
    entries: tuple[str, ...]


def list_secret_references(cluster: ClusterSpec) -> tuple[SecretReference, ...]:
    """Return what the user's Secrets must hold, the database first; generated Secrets are not among them."""
    return (*list_database_references(cluster), *list_key_references(cluster))


def list_database_references(cluster: ClusterSpec) -> tuple[SecretReference, ...]:
    """Return where the address of the database comes from; nothing for the embedded one."""
    database = cluster.database
    if not database.secret:
        return ()
    return (SecretReference(f"spec.database.{database.source}", database.secret, (URI,)),)


def list_key_references(cluster: ClusterSpec) -> tuple[SecretReference, ...]:
    """Return where the keys come from that tokens are verified with."""
    return tuple(
        SecretReference(f"spec.auth.keys[{number}].secretRef", key.secret, (key.entry,))
        for number, key in enumerate(cluster.auth.keys)
    )


def explain_missing(reference: SecretReference, present: Collection[str] | None) -> str | None:
    """Return why `reference` cannot be followed, or None; `present` are the Secret's entries, None if there is none."""
    if present is None:
        return f"{reference.field}: there is no Secret {reference.name}: create it"
    missing = [entry for entry in reference.entries if entry not in present]
    if not missing:
        return None
    return f"{reference.field}: the Secret {reference.name} has no entry {', '.join(missing)}: add it"
