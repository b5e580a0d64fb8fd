"""A provider that fails is passed over for the next, and left alone once it has failed too often."""

import asyncio
import logging
from collections import Counter

import pytest

from notifications.app.failover import Failover
from notifications.domain.errors import DeadToken, NotConfigured, Rejected, TemporaryFailure
from notifications.domain.limits import BREAKER_MINIMUM, BREAKER_OPEN, MAX_BREAKERS
from tests.unit.workloads.app.world import in_virtual_time


class Line:
    """Two providers by name, each of which does what it is told; a clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.does: dict[str, Exception | None] = {"first": None, "second": None}
        self.asked: Counter[str] = Counter()
        self.failover = Failover("email", {"first": "first", "second": "second"}, lambda: self.now)

    async def ask(self, provider: str) -> str:
        self.asked[provider] += 1
        if (error := self.does[provider]) is not None:
            raise error
        return provider

    async def send(self, scope: str = "") -> str:
        return await self.failover.call(self.ask, scope)


@pytest.fixture
def line() -> Line:
    return Line()


async def test_the_first_is_asked_and_no_other(line: Line) -> None:
    assert await line.send() == "first"
    assert line.asked == {"first": 1}


async def test_a_temporary_failure_goes_on_to_the_next(line: Line) -> None:
    line.does["first"] = TemporaryFailure("away")
    assert await line.send() == "second"


@pytest.mark.parametrize("refusal", [Rejected("no such mailbox"), DeadToken("gone")])
async def test_a_refusal_is_final_and_says_nothing_against_the_provider(line: Line, refusal: Rejected) -> None:
    line.does["first"] = refusal
    for _ in range(3 * BREAKER_MINIMUM):
        with pytest.raises(type(refusal), match=str(refusal)):
            await line.send()
    assert line.asked == {"first": 3 * BREAKER_MINIMUM}


async def test_a_provider_that_keeps_failing_is_left_alone_and_tried_again_later(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    line.does["first"] = TemporaryFailure("away")
    with caplog.at_level(logging.INFO):
        for _ in range(BREAKER_MINIMUM + 5):
            await line.send()
        assert line.asked["first"] == BREAKER_MINIMUM
        line.now += BREAKER_OPEN
        line.does["first"] = None
        for _ in range(BREAKER_MINIMUM):
            assert await line.send() == "first"
    assert [record.getMessage() for record in caplog.records] == [
        "the breaker of provider first is open",
        "the breaker of provider first is closed",
    ]


async def test_when_none_works_all_reasons_are_told(line: Line) -> None:
    line.does = {"first": TemporaryFailure("away", 60.0), "second": TemporaryFailure("overloaded", 20.0)}
    with pytest.raises(TemporaryFailure, match="away; overloaded") as failure:
        await line.send()
    assert failure.value.retry_after == 20.0


async def test_a_wait_is_asked_for_only_if_every_provider_asks(line: Line) -> None:
    line.does = {"first": TemporaryFailure("overloaded", 60.0), "second": TemporaryFailure("away")}
    with pytest.raises(TemporaryFailure) as failure:
        await line.send()
    assert failure.value.retry_after is None


async def test_when_all_are_left_alone_the_wait_is_until_the_first_is_tried_again(line: Line) -> None:
    line.does = {"first": TemporaryFailure("away"), "second": TemporaryFailure("away")}
    for _ in range(BREAKER_MINIMUM):
        with pytest.raises(TemporaryFailure):
            await line.send()
    line.now += 10
    with pytest.raises(TemporaryFailure, match="first has failed too often and is left alone") as failure:
        await line.send()
    assert failure.value.retry_after == BREAKER_OPEN - 10


async def test_a_dead_server_of_one_tenant_does_not_stop_the_calls_of_others(line: Line) -> None:
    line.does = {"first": TemporaryFailure("away"), "second": TemporaryFailure("away")}
    for _ in range(BREAKER_MINIMUM):
        with pytest.raises(TemporaryFailure):
            await line.send("dead.example")
    line.does["first"] = None
    assert await line.send("alive.example") == "first"


async def test_breakers_of_servers_that_nobody_calls_any_more_are_forgotten(line: Line) -> None:
    for number in range(MAX_BREAKERS + 10):
        await line.send(f"{number}.example")
    assert len(line.failover._breakers) == MAX_BREAKERS


async def test_a_call_that_was_given_up_counts_neither_way(line: Line) -> None:
    line.does["first"] = TemporaryFailure("away")
    for _ in range(BREAKER_MINIMUM):
        await line.send()
    line.now += BREAKER_OPEN

    async def hang(provider: str) -> str:
        raise asyncio.CancelledError

    for _ in range(3 * BREAKER_MINIMUM):
        with pytest.raises(asyncio.CancelledError):
            await line.failover.call(hang)
    line.does["first"] = None
    assert await line.send() == "first"


def test_one_that_hangs_leaves_the_others_their_share_and_is_left_alone_in_the_end() -> None:
    async def run() -> None:
        now = asyncio.get_running_loop().time

        async def ask(provider: str) -> float:
            await asyncio.sleep(9 if provider == "hangs" else 4)
            return now()

        failover = Failover("email", {"hangs": "hangs", "slow": "slow"}, now)
        at_once = [failover.call(ask, within=10) for _ in range(BREAKER_MINIMUM)]
        assert await asyncio.gather(*at_once) == [9] * BREAKER_MINIMUM
        assert await failover.call(ask, within=10) == 9 + 4

    in_virtual_time(run)


def test_when_all_hang_the_time_for_all_of_them_is_kept() -> None:
    async def run() -> float:
        now = asyncio.get_running_loop().time
        failover = Failover("email", dict.fromkeys("abc"), now)
        with pytest.raises(TemporaryFailure, match="it took longer than 4 s; it took longer than 4 s; it took"):
            await failover.call(lambda _: asyncio.sleep(99), within=12)
        return now()

    assert in_virtual_time(run) == 12


async def test_without_a_provider_the_channel_is_not_configured() -> None:
    empty: Failover[str] = Failover("email", {}, lambda: 0.0)

    async def ask(provider: str) -> str:
        return provider

    with pytest.raises(NotConfigured, match="no provider is configured for email"):
        await empty.call(ask)
