"""The archives: one file an image, as `docker save` writes them."""

import json
import tarfile
from pathlib import Path

from .engine import Engine
from .errors import BuildFailed
from .recipe import Recipe


def save_archive(engine: Engine, recipe: Recipe, folder: Path) -> Path:
    """Write the image into `folder`, whole or not at all; BuildFailed unless it goes by its reference alone."""
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"{recipe.name}.tar"
    unfinished = archive.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    engine.save(recipe.reference, unfinished)
    references = read_references(unfinished)
    if references != [recipe.reference]:
        raise BuildFailed(f"{archive.name} holds {', '.join(references) or 'no name'} instead of {recipe.reference}")
    unfinished.replace(archive)
    return archive


def read_references(archive: Path) -> list[str]:
    """Return the names of all images in an archive."""
    with tarfile.open(archive) as tar:
        manifest = tar.extractfile("manifest.json")
        images = json.load(manifest) if manifest else []
    return [reference for image in images for reference in image["RepoTags"] or ()]
