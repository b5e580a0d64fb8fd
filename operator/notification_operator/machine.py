"""One machine as the topology sees it: ports, programs and paths, all chosen by the caller. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    """Every port of the cluster on HOST; `management` and `internal` are keyed by the name of the process."""

    public: int
    postgres: int
    nats: int
    monitoring: int
    management: Mapping[str, int]
    internal: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Programs:
    """The executables."""

    notifications: Path
    nats_server: Path
    postgres: Path
    initdb: Path


@dataclass(frozen=True, slots=True)
class Places:
    """Absolute paths of everything that a cluster keeps in its folder."""

    folder: Path

    @property
    def secrets(self) -> Path:
        """What only this account may read."""
        return self.folder / "secrets"

    @property
    def configs(self) -> Path:
        """The workloads' config files."""
        return self.folder / "config"

    @property
    def logs(self) -> Path:
        """One file for each process."""
        return self.folder / "log"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data."""
        return self.folder / "postgres"

    @property
    def nats(self) -> Path:
        """JetStream's store, which may be wiped at any time."""
        return self.folder / "nats"

    @property
    def state(self) -> Path:
        """Which processes run now."""
        return self.folder / "state.json"

    @property
    def lock(self) -> Path:
        """Held by the one run that uses the folder."""
        return self.folder / "lock"

    @property
    def postgres_password(self) -> Path:
        """The secret that the workloads log in to PostgreSQL with."""
        return self.secrets / "postgres-password"

    @property
    def postgres_uri(self) -> Path:
        """The secret file by which the workloads reach PostgreSQL."""
        return self.secrets / "postgres-uri"

    @property
    def nats_config(self) -> Path:
        """The NATS server's configuration, which holds passwords."""
        return self.secrets / "nats.conf"

    def nats_password(self, role: str) -> Path:
        """The secret that a role logs in to NATS with."""
        return self.secrets / f"nats-{role}"

    @property
    def unsubscribe_key(self) -> Path:
        """The secret that signs links to unsubscribe, where the spec names none."""
        return self.secrets / "unsubscribe.key"

    def given(self, secret: str, entry: str) -> Path:
        """Where the entry of a Secret that the spec names is looked for."""
        return self.secrets / "given" / secret / entry

    def auth_key(self, secret: str, entry: str) -> Path:
        """The file of a key that tokens are verified with; the generated demo key has no Secret."""
        return self.given(secret, entry) if secret else self.secrets / "jwt-demo.key"

    def config(self, role: str) -> Path:
        """The config file of a workload's role."""
        return self.configs / f"{role}.json"

    def log(self, process: str) -> Path:
        """The log of one process."""
        return self.logs / f"{process}.log"


@dataclass(frozen=True, slots=True)
class Machine:
    """All of it."""

    ports: Ports
    programs: Programs
    places: Places
