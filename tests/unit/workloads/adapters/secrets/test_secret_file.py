"""A secret is read when the process starts, and anew when its file is replaced."""

import logging
from pathlib import Path

import pytest

from notifications.adapters.secrets.file import SecretFile, parse_text
from notifications.domain.errors import Misconfigured


def write(path: Path, content: bytes) -> None:
    """As a mounted secret is replaced: at once."""
    fresh = path.with_name("fresh")
    fresh.write_bytes(content)
    fresh.replace(path)


def test_a_replaced_secret_is_in_force_at_the_next_use(tmp_path: Path) -> None:
    path = tmp_path / "password"
    write(path, b"first\n")
    secret = SecretFile(path, parse_text)
    assert secret() == "first"
    write(path, b"other")
    assert secret() == "other"


def test_an_unchanged_one_is_not_parsed_again(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write(path, b"content")
    secret = SecretFile(path, lambda raw: object())
    assert secret() is secret()


@pytest.mark.parametrize("content", [b"", b"  \n", b"two\nlines", b"\xff"])
def test_a_broken_replacement_is_told_once_and_leaves_the_old_secret_in_force(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    path = tmp_path / "password"
    write(path, b"first")
    secret = SecretFile(path, parse_text)
    write(path, content)
    with caplog.at_level(logging.WARNING):
        assert [secret(), secret()] == ["first", "first"]
    [record] = caplog.records
    assert str(path) in record.getMessage()
    assert "two" not in record.getMessage()


def test_a_removed_one_stays_in_force_until_another_comes(tmp_path: Path) -> None:
    path = tmp_path / "password"
    write(path, b"first")
    secret = SecretFile(path, parse_text)
    path.unlink()
    assert [secret(), secret()] == ["first", "first"]
    write(path, b"second")
    assert secret() == "second"


def test_a_missing_or_wrong_file_is_named_at_the_start_and_its_content_is_not(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="missing cannot be read: No such file"):
        SecretFile(tmp_path / "missing", parse_text)
    write(tmp_path / "wrong", b"hidden\nlines")
    with pytest.raises(Misconfigured, match="wrong does not hold what it should") as refusal:
        SecretFile(tmp_path / "wrong", parse_text)
    assert refusal.value.__cause__ is None
