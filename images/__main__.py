"""python -m images [--base IMAGE] [--output FOLDER] [--only NAME]...: build the images and write their archives."""

import argparse
import sys
from pathlib import Path

from .archive import save_archive
from .base import choose_base
from .engine import find_engine
from .errors import ImageError
from .progress import Progress
from .recipe import RECIPES, ROOT, Recipe


def main() -> int:
    """Build, and return the exit code: 0 fine, 1 when an image could not be made."""
    words = read_words()
    try:
        build(words.base or None, words.output, choose_recipes(words.only))
    except ImageError as error:
        print(f"images: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def build(base: str | None, folder: Path, recipes: list[Recipe]) -> None:
    """Build the images of `recipes` on `base`, or on one that is chosen, and write them into `folder`."""
    progress = Progress()
    engine = find_engine()
    chosen = choose_base(engine, base, progress)
    for recipe in recipes:
        progress.say(f"{recipe.name}: {engine.program} builds {recipe.reference} on {chosen}")
        engine.build(recipe.dockerfile, ROOT, recipe.reference, chosen)
        archive = save_archive(engine, recipe, folder)
        progress.say(f"{recipe.name}: {archive} has {archive.stat().st_size / 1e6:.0f} MB")


def choose_recipes(names: list[str] | None) -> list[Recipe]:
    """Return the recipes of these images, or all of them."""
    return [recipe for recipe in RECIPES if names is None or recipe.name in names]


def read_words() -> argparse.Namespace:
    """The command line, understood."""
    parser = argparse.ArgumentParser(prog="python -m images", description="Builds the container images.")
    parser.add_argument("--base", help="the image to build on (default: python:3.13-slim, else a Debian made here)")
    parser.add_argument("--output", type=Path, default=ROOT / "dist" / "images", help="where archives are written")
    names = [recipe.name for recipe in RECIPES]
    parser.add_argument("--only", action="append", choices=names, help="one of the images; may be repeated")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
