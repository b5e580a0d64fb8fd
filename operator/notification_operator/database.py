"""Which PostgreSQL a cluster has: what the file says, completed. Pure."""

from dataclasses import dataclass
from typing import Literal

from .document import Database, Pool
from .errors import InvalidSpec
from .quantity import check_size

DatabaseSource = Literal["secretRef", "cloudNativePG", "embedded"]


@dataclass(frozen=True, slots=True)
class DatabaseSpec:
    """Which PostgreSQL, how many connections each process keeps to it, and for how many days notifications are kept.

    `secret` is the Secret that holds its address, empty with `embedded`; `storage` is a quantity, empty without.
    `replica_secret` is that of a read replica, empty without; `retention_days` is None for the workers' own choice.
    """

    source: DatabaseSource
    secret: str
    storage: str
    pool_min: int
    pool_max: int
    replica_secret: str
    retention_days: int | None


def derive_database(database: Database) -> DatabaseSpec:
    """Return what `database` asks for; raise InvalidSpec when its fields contradict each other."""
    source = _only_source(database)
    pool = database.pool or Pool()
    largest = pool.max or max(10, pool.min or 0)
    smallest = pool.min or min(2, largest)
    if smallest > largest:
        raise InvalidSpec("spec.database.pool.min", f"must be at most spec.database.pool.max, which is {largest}")
    return DatabaseSpec(
        source=source,
        secret=_name_secret(database),
        storage=check_size("spec.database.embedded.storage", database.embedded.storage) if database.embedded else "",
        pool_min=smallest,
        pool_max=largest,
        replica_secret=database.replicas.secret_ref.name if database.replicas else "",
        retention_days=database.retention_days,
    )


def _name_secret(database: Database) -> str:
    if database.secret_ref:
        return database.secret_ref.name
    # The name that CloudNativePG gives to the Secret of the application's own role.
    return f"{database.cloud_native_pg.cluster}-app" if database.cloud_native_pg else ""


def _only_source(database: Database) -> DatabaseSource:
    sources: dict[DatabaseSource, object] = {
        "secretRef": database.secret_ref,
        "cloudNativePG": database.cloud_native_pg,
        "embedded": database.embedded,
    }
    given = [source for source, value in sources.items() if value is not None]
    if len(given) != 1:
        raise InvalidSpec("spec.database", f"must have exactly one of: {', '.join(sources)}")
    return given[0]
