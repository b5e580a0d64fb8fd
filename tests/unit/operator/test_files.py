"""Files are replaced as a whole, secrets are made once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from notification_operator.local.replacement import replace_file
from notification_operator.local.secret_files import ensure_database_password
from notification_operator.machine import Places


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_a_file_has_its_mode_whatever_the_umask(tmp_path: Path) -> None:
    replace_file(tmp_path / "open", "text")
    replace_file(tmp_path / "secret", "text", mode=0o600)
    assert (tmp_path / "open").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert sorted(os.listdir(tmp_path)) == ["open", "secret"]


def test_an_unfinished_replacement_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".file.new").write_text("half a te")
    replace_file(tmp_path / "file", "the whole text")
    assert (tmp_path / "file").read_text() == "the whole text"


def test_a_secret_is_made_once_and_again_only_when_it_was_lost(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.secrets.mkdir()
    first, second = ensure_database_password(places), ensure_database_password(places)
    assert first.new
    assert not second.new
    assert first.text == second.text
    assert len(first.text) >= 32
    places.postgres_password.write_text("\n")
    third = ensure_database_password(places)
    assert third.new
    assert third.text != first.text
