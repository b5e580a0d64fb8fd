"""docs/architecture.svg is what docs/architecture.py draws."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"


def test_the_committed_picture_is_what_the_script_draws() -> None:
    drawn = runpy.run_path(str(DOCS / "architecture.py"))["draw"]()
    assert drawn == (DOCS / "architecture.svg").read_text(encoding="utf-8"), "run: python docs/architecture.py"
