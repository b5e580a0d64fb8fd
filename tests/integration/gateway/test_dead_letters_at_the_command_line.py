"""Whoever may enter a pod, or runs the system on this machine, lists, retries and discards what was given up."""

import asyncio
import os
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import pytest

from tests.integration.gateway.conftest import Query
from tests.support.stack import Stack
from tests.support.workload import command

Run = Callable[..., Awaitable["subprocess.CompletedProcess[str]"]]
Bury = Callable[..., str]


@pytest.fixture
def tenant() -> str:
    return f"tenant-{uuid4()}"


@pytest.fixture
def run(stack: Stack, tenant: str) -> Run:
    """Run the command in this test's tenant, with the worker's configuration."""

    async def run(action: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        where = ("--tenant", tenant, "--config", str(stack.config("worker")))
        return await _run(stack.folder, action, *where, *arguments)

    return run


@pytest.fixture
def bury(query: Query, tenant: str) -> Bury:
    """Write down that a notification, which has expired if `expired` says so, was given up on a channel."""

    def bury(channel: str = "email", reason: str = "the relay is away", expired: str = "false") -> str:
        id = str(uuid4())
        query(f"""
            WITH given AS (
                INSERT INTO notifications (id, tenant, recipient_id, request_id, ordinal, type, content, created_at,
                    expires_at)
                VALUES ('{id}', '{tenant}', 'alice', '{id}', 0, 'greeting', 'Hello', now(),
                    CASE WHEN {expired} THEN now() END)
                RETURNING created_at
            )
            INSERT INTO dead_letters (notification_id, channel, tenant, recipient, queue, created_at, reason, died_at)
            SELECT '{id}', '{channel}', '{tenant}', 'alice', 'normal', created_at, '{reason}', now() FROM given
        """)
        return id

    return bury


def words_of(done: "subprocess.CompletedProcess[str]") -> list[list[str]]:
    assert done.returncode == 0, done.stderr
    return [line.split("  ") for line in done.stdout.splitlines()]


async def test_the_list_has_a_line_for_each_the_last_that_died_first(run: Run, bury: Bury) -> None:
    ids = [bury("email"), bury("webhook", reason="no\nline")]

    second, first = words_of(await run("list"))

    assert first[1:] == [ids[0], "email", "alice", "greeting", "attempts=1", "the relay is away"]
    assert second[1:] == [ids[1], "webhook", "alice", "greeting", "attempts=1", "no?line"]
    assert words_of(await run("list", "--channel", "email")) == [first]


@pytest.mark.parametrize("role", ["gateway", "worker"])
async def test_the_configuration_of_the_local_run_is_found(
    stack: Stack, bury: Bury, tenant: str, tmp_path: Path, role: str
) -> None:
    id = bury()
    (tmp_path / ".local/config").mkdir(parents=True)
    (tmp_path / f".local/config/{role}.json").write_bytes(stack.config(role).read_bytes())

    done = await _run(tmp_path, "list", "--tenant", tenant)

    assert [line[1] for line in words_of(done)] == [id]


async def test_a_list_that_was_cut_says_so(run: Run, bury: Bury) -> None:
    for _ in range(2):
        bury()

    done = await run("list", "--limit", "1")

    assert len(words_of(done)) == 1
    assert "--limit" in done.stderr


async def test_those_that_are_named_are_retried(run: Run, bury: Bury) -> None:
    kept, named = bury(), bury()

    assert words_of(await run("retry", named)) == [["retried: 1"]]
    assert [line[1] for line in words_of(await run("list"))] == [kept]


async def test_all_of_a_channel_are_retried_and_what_cannot_be_says_why(run: Run, bury: Bury) -> None:
    expired, other, _ = bury(expired="true"), bury("webhook"), bury()

    told = words_of(await run("retry", "--all", "--channel", "email"))

    assert told == [[expired, "email", "cannot be retried: the notification has expired; discard it"], ["retried: 1"]]
    assert {line[1] for line in words_of(await run("list"))} == {expired, other}


async def test_more_than_a_page_is_discarded(run: Run, bury: Bury, query: Query, tenant: str) -> None:
    bury()
    query(f"""
        INSERT INTO dead_letters (notification_id, channel, tenant, recipient, queue, created_at, died_at)
        SELECT gen_random_uuid(), 'email', '{tenant}', 'bob', 'normal', now(), now() FROM generate_series(1, 250)
    """)

    assert words_of(await run("discard", "--all")) == [["discarded: 251"]]
    assert words_of(await run("list")) == []


async def test_one_that_does_not_exist_is_told(run: Run, bury: Bury) -> None:
    named, missing = bury(), str(uuid4())

    for action, told in (("retry", "retried: 1"), ("discard", "discarded: 0")):
        done = await run(action, named, missing)
        assert (done.returncode, done.stdout) == (2, f"{told}\n")
        assert missing in done.stderr
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["retry"], "--all"),
        (["discard"], "--all"),
        (["discard", "--all", str(uuid4())], "--all"),
        (["retry", "nonsense"], "nonsense"),
        (["list", "--channel", "pigeon"], "pigeon"),
        (["list", "--limit", "0"], "limit"),
        (["list", "--tenant", "No!"], "--tenant"),
    ],
)
async def test_a_wrong_argument_is_told(run: Run, arguments: list[str], told: str) -> None:
    done = await run(arguments[0], *arguments[1:])

    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


async def _run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return await asyncio.to_thread(
        subprocess.run,
        command("dead-letters", *arguments),
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "NOTIFICATIONS_CONFIG"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
