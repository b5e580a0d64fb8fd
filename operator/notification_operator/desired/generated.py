"""Secrets that are made once, by whoever applies the rendering, and never changed: their texts are not known here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a Secret.

    `password` and `jwt-key` are made at random. `text` is as it stands, but that `{key}` in it stands for the random
    entry `key` of the same Secret.
    """

    key: str
    kind: Literal["password", "jwt-key", "text"]
    text: str = ""


@dataclass(frozen=True, slots=True)
class GeneratedSecret:
    """A Secret to create if there is none of its name: `metadata` is complete, with labels and owner."""

    metadata: Mapping[str, Any]
    entries: tuple[Entry, ...]

    @property
    def name(self) -> str:
        """The name of the Secret."""
        return str(self.metadata["name"])


def fill_secret(secret: GeneratedSecret, make_text: Callable[[], str]) -> dict[str, Any]:
    """Return the manifest; `make_text` returns another random, url-safe text of at least 32 characters each time."""
    made = {entry.key: make_text() for entry in secret.entries if entry.kind != "text"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": dict(secret.metadata),
        "type": "Opaque",
        "stringData": {entry.key: made.get(entry.key) or _fill(entry.text, made) for entry in secret.entries},
    }


def _fill(text: str, made: Mapping[str, str]) -> str:
    for key, value in made.items():
        text = text.replace(f"{{{key}}}", value)
    return text
