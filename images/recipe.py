"""The four images: what they are built from, what they are called, and which archive they go to. Pure."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from notification_operator import images

ROOT: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Recipe:
    """`name` is that of the archive, `reference` that under which the image is deployed."""

    name: str
    reference: str
    dockerfile: Path


RECIPES: Final = (
    Recipe("operator", images.OPERATOR, ROOT / "operator" / "Dockerfile"),
    Recipe("workloads", images.WORKLOADS, ROOT / "workloads" / "Dockerfile"),
    Recipe("nats", images.NATS, ROOT / "images" / "nats" / "Dockerfile"),
    Recipe("postgres", images.POSTGRES, ROOT / "images" / "postgres" / "Dockerfile"),
)
