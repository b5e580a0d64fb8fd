"""What every part of a configuration file has in common."""

from typing import Annotated

from msgspec import Meta, Struct

SecretPath = Annotated[str, Meta(min_length=1, max_length=4096)]


class Section(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A JSON object whose unknown fields are refused."""
