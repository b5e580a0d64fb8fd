"""An archive is there when it is whole and holds the image that it should."""

import io
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from images.archive import read_references, save_archive
from images.engine import Engine
from images.errors import BuildFailed
from images.recipe import RECIPES

RECIPE = RECIPES[0]


@dataclass(frozen=True, slots=True)
class SavesAs(Engine):
    """An engine that has saved the image under these names."""

    names: tuple[str, ...] = ()

    def save(self, reference: str, archive: Path) -> None:
        manifest = json.dumps([{"Config": "config.json", "RepoTags": list(self.names), "Layers": []}]).encode()
        with tarfile.open(archive, "w") as tar:
            entry = tarfile.TarInfo("manifest.json")
            entry.size = len(manifest)
            tar.addfile(entry, io.BytesIO(manifest))


def test_an_archive_is_named_after_its_image(tmp_path: Path) -> None:
    archive = save_archive(SavesAs("docker", (RECIPE.reference,)), RECIPE, tmp_path / "images")
    assert archive == tmp_path / "images" / f"{RECIPE.name}.tar"
    assert read_references(archive) == [RECIPE.reference]


@pytest.mark.parametrize("names", [(), ("docker.io/library/other:1",), (RECIPE.reference, "localhost/other:1")])
def test_an_image_under_another_name_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    with pytest.raises(BuildFailed, match=RECIPE.reference):
        save_archive(SavesAs("docker", names), RECIPE, tmp_path)
    assert not (tmp_path / f"{RECIPE.name}.tar").exists()
