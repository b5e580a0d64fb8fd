"""Defaults and parts of libraries that are known to harm are not used. What else they do wrong has tests of its own."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from notification_operator.settings import make_settings
from notifications.adapters.nats.connection import OPTIONS
from notifications.adapters.postgres.pool import ACQUIRE_TIMEOUT, COMMAND_TIMEOUT, CONNECT_TIMEOUT, SESSION

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:kopf")

ROOT = Path(__file__).parents[3]
PACKAGES = [ROOT / "workloads" / "notifications", ROOT / "operator" / "notification_operator"]

# The first version without what is named
SOUND: dict[str, tuple[tuple[int, ...], str]] = {
    "aiohttp": ((3, 14, 5), "requests smuggled behind an upgrade, frames past their bound"),
    "nats-py": ((2, 16), "fetches that hang, messages lost when an iterator is cancelled"),
    "pyjwt": ((2, 15, 1), "crit ignored, algorithms that a key set may choose, redirects followed"),
    "python-engineio": ((4, 15, 1), "a task for each heartbeat"),
    "python-socketio": ((5, 18, 1), "pickles on the bus, attachments without bound"),
    "kopf": ((1, 45, 2), "watches that fall silent for ever"),
}
FORBIDDEN = {
    "pickle": "what comes from elsewhere would be run",
    "PyJWKClient": "it blocks the event loop while it fetches, and follows redirects",
    "AsyncServer": "its queues and handlers have no bound",
    "AsyncManager": "it makes a task for each recipient",
    "AsyncRedisManager": "it trusts pickles",
}


@pytest.mark.parametrize("package", SOUND)
def test_what_is_locked_is_free_of_what_is_known(package: str) -> None:
    found = re.search(rf"^{package}(?:\[.*\])?==(\S+)", (ROOT / "requirements" / "run.txt").read_text(), re.M)
    assert found, f"{package} is not locked"
    assert version(found[1]) >= SOUND[package][0], SOUND[package][1]


@pytest.mark.parametrize("distribution", ["operator", "workloads"])
def test_no_older_version_may_be_installed_beside_a_distribution(distribution: str) -> None:
    project = tomllib.loads((ROOT / distribution / "pyproject.toml").read_text())["project"]
    floors = dict(re.findall(r"^([a-z0-9-]+)(?:\[.*\])?>=([\d.]+)", "\n".join(project["dependencies"]), re.M))
    for package in floors.keys() & SOUND.keys():
        assert version(floors[package]) >= SOUND[package][0], f"{package}: {SOUND[package][1]}"


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_part_that_is_known_to_harm_is_not_used(name: str) -> None:
    users = [path for package in PACKAGES for path in package.rglob("*.py") if name in names(path)]
    assert not users, FORBIDDEN[name]


def test_no_outage_of_nats_ends_its_client_and_a_dead_server_is_noticed_within_half_a_minute() -> None:
    assert OPTIONS["allow_reconnect"]
    assert OPTIONS["max_reconnect_attempts"] == -1
    assert OPTIONS["ping_interval"] * (OPTIONS["max_outstanding_pings"] + 1) <= 30


def test_no_wait_for_postgresql_is_without_an_end_and_the_server_gives_up_first() -> None:
    assert max(CONNECT_TIMEOUT, ACQUIRE_TIMEOUT, COMMAND_TIMEOUT) <= 5
    for setting in ("statement_timeout", "lock_timeout"):
        assert float(SESSION[setting].removesuffix("s")) < COMMAND_TIMEOUT
    assert SESSION["idle_in_transaction_session_timeout"] == "10s"
    assert int(SESSION["tcp_user_timeout"]) <= 20_000


def test_a_watch_of_kubernetes_is_opened_anew_and_no_two_operators_freeze_each_other() -> None:
    settings = make_settings()
    assert settings.watching.inactivity_timeout is not None
    assert settings.watching.inactivity_timeout <= 70
    assert settings.watching.server_timeout is not None
    assert settings.watching.client_timeout is not None
    assert settings.watching.server_timeout < settings.watching.client_timeout
    assert settings.watching.connect_timeout == 10
    assert settings.networking.request_timeout == 30
    assert settings.peering.standalone


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


@cache
def names(path: Path) -> frozenset[str]:
    """All names that a module imports or speaks of."""
    return frozenset(find_names(path))


def find_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=aliases):
                yield from (alias.name for alias in aliases)
            case ast.ImportFrom(module=module, names=aliases):
                yield from (module or "", *(alias.name for alias in aliases))
            case ast.Attribute(attr=name) | ast.Name(id=name):
                yield name
