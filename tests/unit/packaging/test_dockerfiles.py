"""Every image is built the same way: on a base that can be chosen, by nobody, and without what built it."""

import re

import pytest

from images.base import DEFAULT
from images.recipe import RECIPES, ROOT, Recipe

every_recipe = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)


def stages(recipe: Recipe) -> list[str]:
    return re.split(r"^FROM ", recipe.dockerfile.read_text(), flags=re.MULTILINE)


@every_recipe
def test_the_base_can_be_chosen_and_is_public_by_default(recipe: Recipe) -> None:
    head, *bodies = stages(recipe)
    assert f"ARG BASE_IMAGE={DEFAULT}\n" in head
    assert all(body.startswith("${BASE_IMAGE}") for body in bodies)


@every_recipe
def test_a_container_runs_as_the_user_of_the_pods(recipe: Recipe) -> None:
    assert re.findall(r"^USER (.*)$", stages(recipe)[-1], re.MULTILINE) == ["10001:10001"]


@every_recipe
def test_what_is_installed_is_verified_by_hash_and_stays_behind(recipe: Recipe) -> None:
    *built, final = stages(recipe)
    installs = [line for line in "".join(built).splitlines() if "pip" in line and " install " in line]
    assert all("--require-hashes" in line or "--no-index" in line for line in installs)
    assert "pip" not in final


@every_recipe
def test_what_is_copied_is_sent_to_the_builder(recipe: Recipe) -> None:
    copied = re.findall(r"^COPY (?!--from)(?:--\S+ )?(.*) \S+$", recipe.dockerfile.read_text(), re.MULTILINE)
    sent = [line.lstrip("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for path in " ".join(copied).split():
        assert (ROOT / path).exists()
        assert any(path == one or one.startswith(f"{path}/") or (ROOT / path) in ROOT.glob(one) for one in sent), path
