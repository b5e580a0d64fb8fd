"""The address of PostgreSQL: a file that holds it whole, or the parts beside it that CloudNativePG and others give."""

from pathlib import Path

import pytest

from notifications.config import read_postgres_uri
from notifications.domain.errors import Misconfigured

PARTS = {"host": "pg-rw\n", "port": "6432", "user": "app", "password": "p@ss/word", "dbname": "app db"}


def write(folder: Path, **files: str) -> str:
    for name, text in files.items():
        (folder / name).write_text(text)
    return str(folder / "uri")


def test_the_whole_address_is_taken_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, **PARTS, uri="postgresql://app@elsewhere/app\n")
    assert read_postgres_uri(path) == "postgresql://app@elsewhere/app"


def test_parts_are_put_together_and_quoted(tmp_path: Path) -> None:
    assert read_postgres_uri(write(tmp_path, **PARTS)) == "postgresql://app:p%40ss%2Fword@pg-rw:6432/app%20db"


def test_the_port_may_be_left_out_and_the_host_be_an_address(tmp_path: Path) -> None:
    parts = {name: text for name, text in PARTS.items() if name != "port"} | {"host": "fd00::1"}
    assert read_postgres_uri(write(tmp_path, **parts)) == "postgresql://app:p%40ss%2Fword@[fd00::1]:5432/app%20db"


@pytest.mark.parametrize("missing", ["user", "password", "dbname"])
def test_a_missing_part_is_named(tmp_path: Path, missing: str) -> None:
    path = write(tmp_path, **{name: text for name, text in PARTS.items() if name != missing})
    with pytest.raises(Misconfigured, match=f"/{missing} cannot be read"):
        read_postgres_uri(path)


def test_with_nothing_at_all_the_address_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="/uri cannot be read"):
        read_postgres_uri(write(tmp_path))
