"""A NotificationCluster as the API server hands it out. Pure."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from . import names
from .document import Document
from .errors import InvalidSpec
from .kinds import Object
from .spec import ClusterSpec, derive_cluster
from .violation import explain_violation

PAUSE_ANNOTATION: Final = f"{names.GROUP}/paused"
SETUP_ANNOTATION: Final = f"{names.GROUP}/setup"
RENDER_ANNOTATION: Final = f"{names.GROUP}/render"


@dataclass(frozen=True, slots=True)
class Key:
    """Which NotificationCluster."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class CustomResource:
    """`raw` is the object as it was read."""

    raw: Object

    @property
    def key(self) -> Key:
        """Its namespace and name."""
        metadata = self.raw["metadata"]
        return Key(metadata["namespace"], metadata["name"])

    @property
    def uid(self) -> str:
        """Tells it from an earlier one of the same name."""
        return str(self.raw["metadata"]["uid"])

    @property
    def labels(self) -> dict[str, str]:
        """The labels of everything that is made for it."""
        return {names.INSTANCE_LABEL: self.key.name, names.MANAGED_BY_LABEL: names.OPERATOR}

    @property
    def generation(self) -> int:
        """Counts the changes of its spec."""
        return int(self.raw["metadata"].get("generation", 0))

    @property
    def is_deleted(self) -> bool:
        """Whether it is on its way out; its children follow by their owner references."""
        return "deletionTimestamp" in self.raw["metadata"]

    @property
    def is_paused(self) -> bool:
        """Whether its user asked to leave its objects alone for now."""
        return self._read_annotation(PAUSE_ANNOTATION) == "true"

    @property
    def setup_mark(self) -> str:
        """Any text, mostly none: with another one, its user asked for another setup."""
        return self._read_annotation(SETUP_ANNOTATION)

    @property
    def render_mark(self) -> str:
        """Any text, mostly none: with another one, its user asked for what this version of the operator would make."""
        return self._read_annotation(RENDER_ANNOTATION)

    @property
    def status(self) -> Object:
        """What was last reported."""
        return self.raw.get("status") or {}

    @property
    def setup_hash(self) -> str | None:
        """The hash of the last setup that succeeded."""
        return (self.status.get("setup") or {}).get("hash")

    @property
    def default_image(self) -> str | None:
        """The workloads' image that was chosen when the spec last named none."""
        return self.status.get("defaultImage")

    def read_spec(self) -> ClusterSpec:
        """Return what it asks for; raise InvalidSpec that names the wrong field."""
        fields: dict[str, Any] = {name: value for name, value in self.raw.items() if name != "status"}
        try:
            return derive_cluster(msgspec.convert(fields, Document))
        except msgspec.ValidationError as error:
            raise explain_violation(error, Document) from error
        except RecursionError as error:
            raise InvalidSpec("spec", "is nested too deeply") from error

    def _read_annotation(self, annotation: str) -> str:
        return str(self.raw["metadata"].get("annotations", {}).get(annotation, ""))
