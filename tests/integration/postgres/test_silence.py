"""A PostgreSQL that accepts and answers nothing is left alone: nobody waits for it until it answers again."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from notifications.adapters.postgres import pool as pools
from notifications.adapters.postgres.pool import Pool, open_pool
from notifications.domain import breaker
from notifications.domain.errors import Silent, Unavailable
from tests.support.postgres import Postgres, run_postgres
from tests.support.process_table import find_children
from tests.support.waiting import eventually

WAIT = 0.3
LEFT_ALONE = 2.0


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[Postgres]:
    with run_postgres() as postgres:
        yield postgres


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COMMAND_TIMEOUT", "ACQUIRE_TIMEOUT", "CONNECT_TIMEOUT"):
        monkeypatch.setattr(pools, name, WAIT)
    monkeypatch.setattr(breaker, "BREAKER_OPEN", LEFT_ALONE)


@contextmanager
def stopped(postgres: Postgres) -> Iterator[None]:
    """Let the server and its sessions stand still."""
    pids = [postgres.pid, *find_children(postgres.pid)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def ask(pool: Pool) -> type[Exception] | None:
    """Ask for something and return how that failed."""
    try:
        await pool.read("SELECT 1")
    except Unavailable as error:
        return type(error)
    return None


@pytest.mark.usefixtures("impatience")
async def test_nobody_waits_for_a_server_that_is_silent_and_all_are_served_when_it_answers_again(
    own_postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    pool = await open_pool(own_postgres.uri(), 1, 3)
    assert await asyncio.gather(*(ask(pool) for _ in range(20))) == [None] * 20
    with stopped(own_postgres):
        await eventually(lambda: _opens(pool), within=20, what="the breaker to open")
        begun = time.monotonic()
        failures = [await ask(pool) for _ in range(100)]
        took = time.monotonic() - begun
        assert failures == [Silent] * 100
        assert took < WAIT
        with pytest.raises(Silent) as refusal:
            await pool.read("SELECT 1")
        assert 1 <= refusal.value.retry_after <= LEFT_ALONE
        await eventually(lambda: _is_tried(pool), within=LEFT_ALONE + 5, what="a trial")
    begun = time.monotonic()
    await eventually(lambda: _answers(pool), within=LEFT_ALONE + 10, what="an answer")
    recovered = time.monotonic() - begun
    assert await asyncio.gather(*(ask(pool) for _ in range(20))) == [None] * 20
    await pool.close()
    with capsys.disabled():
        print(f"\na hundred requests failed in {took * 1000:.0f} ms; {recovered:.1f} s after it went on, it was used")


async def _opens(pool: Pool) -> bool:
    await asyncio.gather(*(ask(pool) for _ in range(10)))
    return pool.is_silent


async def _is_tried(pool: Pool) -> bool:
    """Whether somebody was let through, and waited in vain."""
    return await ask(pool) is Unavailable


async def _answers(pool: Pool) -> bool:
    return await ask(pool) is None and not pool.is_silent


@pytest.mark.usefixtures("impatience")
async def test_a_server_that_refuses_is_used_as_soon_as_it_is_there(own_postgres: Postgres) -> None:
    """What fails at once by itself is no reason to stay away."""
    pool = await open_pool(own_postgres.uri(), 1, 3)
    own_postgres.kill()
    try:
        assert {await ask(pool) for _ in range(50)} == {Unavailable}
        assert not pool.is_silent
    finally:
        own_postgres.start()
    await eventually(lambda: _answers(pool), within=5)
    await pool.close()
