"""A gateway is killed, and two thousand clients come back to the other at once, for a hundred messages each."""

import asyncio
import json
import os
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench.native import LANES, Crowd, Member, Seats, Seen, Stream, Way, build, find_compiler, publish
from tests.bench.systems.gateway import post_to_topics
from tests.support.stack import Stack

pytestmark = [pytest.mark.skipif(find_compiler() is None, reason="there is no C compiler"), pytest.mark.slow]

CLIENTS, HEARD, MISSED, WITHIN = 2_000, 5, 100, 10.0
RATE = 200
STEP = 1
ROOM = "group:r0"


@pytest.fixture
def seats(private_stack: Stack) -> Seats:
    members = [
        Member(private_stack.port, private_stack.token(f"u{number}", scope="", groups=["r0"]), (ROOM,))
        for number in range(CLIENTS)
    ]
    return Seats(
        members, "gateway", STEP, sequences=1 + LANES, core=(os.cpu_count() or 1) - 1, at_once=1000, recover=True
    )


async def say(folder: Path, way: Way, count: int, after: int) -> None:
    stream = Stream(way, STEP, RATE, count / RATE, [("r0", CLIENTS)], lanes=1, after=after)
    sent = await publish(folder, stream)
    assert (sent.published, sent.refused) == (count, 0), sent.reason


async def until(crowd: Crowd, done: Callable[[Seen], bool], within: float = 30.0) -> Seen:
    """Return the first report that is as wanted, or the last before the time was over."""
    deadline = time.monotonic() + within
    while not done(seen := await crowd.report()) and time.monotonic() < deadline:
        assert not seen.refused, seen.reason
        await asyncio.sleep(0.05)
    assert done(seen), seen
    return seen


def count_consumers(stack: Stack) -> dict[str, int]:
    """How many consumers each stream has."""
    url = f"http://127.0.0.1:{stack.nats.monitoring_port}/jsz?streams=true&consumers=true"
    with urllib.request.urlopen(url, timeout=5) as answer:
        (account,) = json.load(answer)["account_details"]
    return {stream["name"]: len(stream.get("consumer_detail") or ()) for stream in account["stream_detail"]}


async def test_each_is_shown_all_that_it_missed_once_and_in_order(
    private_stack: Stack, seats: Seats, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build()
    way, crowd = post_to_topics(private_stack), await Crowd.start(tmp_path, seats)
    try:
        await until(crowd, lambda seen: seen.ready == CLIENTS)
        await say(tmp_path, way, HEARD, after=0)
        await until(crowd, lambda seen: seen.received == HEARD * CLIENTS)
        await private_stack.kill("gateway-0")
        crowd.tell("cut")
        await until(crowd, lambda seen: seen.closed == CLIENTS)
        await say(tmp_path, way, MISSED, after=HEARD)
        begun = time.monotonic()
        crowd.tell("back")
        seen = await until(crowd, lambda seen: seen.received >= MISSED * CLIENTS)
        took = time.monotonic() - begun
        streams = count_consumers(private_stack)
    finally:
        await crowd.close()
    assert (seen.received, seen.reordered, seen.ready) == (MISSED * CLIENTS, 0, CLIENTS)
    assert took < WITHIN
    assert (streams["NTF_TOPICS"], streams["NTF_SESSIONS"]) == (0, 0)
    with capsys.disabled():
        print(f"\n{CLIENTS} clients of a killed gateway had {MISSED} missed messages each after {took:.1f} s")
