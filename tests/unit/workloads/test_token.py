"""`notifications token` prints a token that the gateway of the same configuration accepts, or one line why not."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notifications.__main__ import main
from notifications.adapters.jwt.keys import load_keys
from notifications.adapters.jwt.verifier import TokenVerifier
from notifications.clock import now
from notifications.config import GatewayConfig, load_config
from notifications.domain.errors import TokenExpired
from notifications.domain.notification import UserKey
from notifications.domain.principal import Principal


@pytest.fixture
def config(tmp_path: Path) -> Path:
    key, path = tmp_path / "key", tmp_path / "gateway.json"
    key.write_text("a secret of more than 32 bytes for the tests")
    document = {
        "role": "gateway",
        "postgres": {"uriFile": "/absent"},
        "nats": {"servers": ["nats://127.0.0.1:1"], "user": "gateway", "passwordFile": "/absent"},
        "auth": {
            "issuer": "us",
            "audience": "you",
            "keys": [{"id": "demo", "algorithm": "HS256", "file": str(key)}],
        },
    }
    path.write_text(json.dumps(document))
    return path


def accept(config: Path, printed: str) -> Principal:
    auth = load_config(config, GatewayConfig).auth
    return TokenVerifier(load_keys(auth.keys), auth.issuer, auth.audience, now).verify(printed.strip())


def test_a_token_says_what_it_was_told_to(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "token --sub alice --tenant demo --groups a,b --roles admin --scope notifications:write --ttl 90s"
    assert main([*words.split(), "--config", str(config)]) == 0
    principal = accept(config, capsys.readouterr().out)
    assert principal.owner == UserKey("demo", "alice")
    assert sorted(principal.groups) == ["a", "b"]
    assert sorted(principal.roles) == ["admin"]
    assert sorted(principal.scopes) == ["notifications:write"]
    assert timedelta(seconds=80) < principal.expires_at - datetime.now(UTC) <= timedelta(seconds=90)


def test_a_token_is_printed_alone_on_its_line(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "--sub", "alice", "--config", str(config)]) == 0
    told = capsys.readouterr()
    assert told.out.count("\n") == 1
    assert told.err == ""
    assert accept(config, told.out).owner == UserKey("default", "alice")


def test_the_configuration_is_found_by_the_environment(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFICATIONS_CONFIG", str(config))
    assert main(["token", "--sub", "alice"]) == 0
    assert accept(config, capsys.readouterr().out).owner.user == "alice"


def test_the_configuration_of_the_local_run_is_found(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".local" / "config").mkdir(parents=True)
    config.rename(tmp_path / ".local" / "config" / "gateway.json")
    monkeypatch.delenv("NOTIFICATIONS_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    assert main(["token", "--sub", "alice"]) == 0
    found = accept(tmp_path / ".local" / "config" / "gateway.json", capsys.readouterr().out)
    assert found.owner.user == "alice"


def test_without_a_configuration_it_says_where_it_looked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOTIFICATIONS_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    assert main(["token", "--sub", "alice"]) == 2
    assert ".local/config/gateway.json: name one with --config" in capsys.readouterr().err


WRONG = {
    "an empty user": (["--sub", ""], "--sub is empty"),
    "a user of 129 letters": (["--sub", "a" * 129], "--sub is longer"),
    "a user that cannot be stored": (["--sub", "\udcff"], "--sub contains"),
    "a tenant in upper case": (["--sub", "a", "--tenant", "Acme"], "tenant must be"),
    "an empty group": (["--sub", "a", "--groups", "a,,b"], "--groups is empty"),
    "a role of 129 letters": (["--sub", "a", "--roles", "r" * 129], "--roles is longer"),
    "no time": (["--sub", "a", "--ttl", ""], "--ttl"),
    "a time without unit": (["--sub", "a", "--ttl", "60"], "--ttl"),
    "a time in weeks": (["--sub", "a", "--ttl", "1w"], "--ttl"),
    "a time of more than a year": (["--sub", "a", "--ttl", "367d"], "366 days"),
    "a negative time": (["--sub", "a", "--ttl=-1h"], "--ttl"),
}


@pytest.mark.parametrize(("words", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_argument_is_told_in_one_line(
    config: Path, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["token", *words, "--config", str(config)]) == 2
    line = capsys.readouterr().err
    assert line.startswith("notifications: ")
    assert told in line
    assert line.count("\n") == 1


def test_the_longest_time_there_is_works(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "--sub", "a", "--ttl", "366d", "--config", str(config)]) == 0
    assert accept(config, capsys.readouterr().out).expires_at > datetime.now(UTC) + timedelta(days=365)


def test_a_token_that_lives_for_no_time_is_expired(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "--sub", "a", "--ttl", "0s", "--config", str(config)]) == 0
    with pytest.raises(TokenExpired, match=r"^Token expired$"):
        accept(config, capsys.readouterr().out)


def test_a_key_that_cannot_sign_is_told(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(config.read_text().replace("HS256", "EdDSA"))
    assert main(["token", "--sub", "a", "--config", str(config)]) == 2
    assert "is not a PEM public key" in capsys.readouterr().err
