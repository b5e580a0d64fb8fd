"""The page's copy of socket.io-client is what its authors publish, byte for byte, with their license."""

from pathlib import Path

import pytest

from notifications.adapters.http import demo
from tests.support.node import PROJECT, Node

FOLDER = Path(demo.__file__).parent / "demo"
PACKAGE = PROJECT / "node_modules" / "socket.io-client"


@pytest.mark.parametrize(
    ("copy", "original"),
    [("socket.io.esm.min.js", "dist/socket.io.esm.min.js"), ("socket.io.LICENSE", "LICENSE")],
)
def test_a_vendored_file_is_the_published_one(node: Node, copy: str, original: str) -> None:
    assert (FOLDER / copy).read_bytes() == (PACKAGE / original).read_bytes()
