"""A gateway that leaves moves its clients, those who lead to another gateway at the same pace as its own."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from functools import partial
from types import SimpleNamespace
from uuid import uuid4

import pytest

from notifications.adapters.memory.bus import MemoryFleetBus
from notifications.adapters.memory.topic_log import MemoryTopicBus, MemoryTopicLog
from notifications.app.board import Board, Wish
from notifications.app.positions import Positions
from notifications.app.tasks import Tasks
from notifications.domain.cursor import decode
from notifications.domain.limits import LEASE, MOVED_AFTER, MOVED_WITHIN, SETTLE_BEFORE_DRAIN
from notifications.domain.pace import Pace
from notifications.domain.topic_message import TopicMessage, pack
from notifications.domain.topics import read_pattern
from tests.unit.workloads.app.moving import Client, Leaver
from tests.unit.workloads.app.world import clock, in_virtual_time, start_fleet

PACE = Pace(per_second=50, connections=1_000, seconds=40)


class Passage:
    """Remembers when it was closed."""

    def __init__(self) -> None:
        self.closed_at = -1.0

    def close(self) -> None:
        self.closed_at = asyncio.get_running_loop().time()


def leave(others: int, clients: int = 1, passages: Sequence[Passage] = ()) -> Leaver:
    """Let a gateway leave beside so many others that stay, at the time LEASE."""

    async def work() -> Leaver:
        bus = MemoryFleetBus()
        leaver = await Leaver("a", bus, PACE, passages).fill(clients)
        peers = [start_fleet(f"peer-{number}", bus)[1] for number in range(others)]
        await asyncio.sleep(LEASE)
        await leaver.leave()
        for task in peers:
            task.cancel()
        return leaver

    return in_virtual_time(work)


def waited(leaver: Leaver) -> float:
    assert leaver.stopped_at is not None
    return leaver.stopped_at - LEASE


def test_a_gateway_waits_for_endpoints_to_settle_then_moves_its_clients() -> None:
    leaver = leave(others=1)
    assert SETTLE_BEFORE_DRAIN <= waited(leaver) < SETTLE_BEFORE_DRAIN + 1
    assert [client.names()[-1] for client in leaver.clients] == ["server:moving"]
    assert len(leaver.moves) == 1


def test_the_last_gateway_does_not_wait_for_others_that_are_not_there() -> None:
    leaver = leave(others=0, clients=100)
    assert waited(leaver) < 0.1
    assert leaver.moves[-1] - leaver.moves[0] < 0.1
    assert len(leaver.moves) == 100


def test_who_is_moved_at_a_pace_comes_back_at_once_and_others_spread() -> None:
    assert {client.retry_after for client in leave(others=1, clients=10).clients} == {MOVED_AFTER}
    spread = [client.retry_after for client in leave(others=0, clients=100).clients]
    assert min(spread) >= MOVED_AFTER
    assert max(spread) <= MOVED_WITHIN
    assert len(set(spread)) > 10


def test_those_who_lead_to_another_gateway_go_one_by_one_after_the_own() -> None:
    passages = [Passage() for _ in range(100)]
    moves = leave(others=1, clients=5, passages=passages).moves
    times = [*moves, *(passage.closed_at for passage in passages)]
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert pauses == pytest.approx([1 / PACE.per_second] * 104)


def test_more_than_a_gateway_should_hold_are_gone_in_time_all_the_same() -> None:
    passages = [Passage() for _ in range(int(2 * PACE.per_second * PACE.seconds))]
    leave(others=1, passages=passages)
    assert passages[-1].closed_at - passages[0].closed_at == pytest.approx(PACE.seconds, rel=0.01)


@pytest.mark.parametrize("lag", [0.1, 0.5])
def test_a_gateway_that_is_late_each_time_is_done_in_time_and_without_a_rush_at_the_end(
    lag: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleep = asyncio.sleep

    async def sleep_longer(seconds: float) -> None:
        await sleep(seconds + lag if seconds > 0 else 0)

    monkeypatch.setattr("notifications.app.drain.asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": sleep_longer}))
    passages = [Passage() for _ in range(PACE.connections)]
    leave(others=1, passages=passages)
    times = [passage.closed_at for passage in passages]
    assert times[-1] - times[0] <= PACE.seconds + lag
    evenly = PACE.connections / PACE.seconds
    assert max(Counter(times).values()) <= evenly * lag + 2


def test_they_go_at_once_when_nobody_could_take_them() -> None:
    passages = [Passage() for _ in range(100)]
    leave(others=0, passages=passages)
    times = [passage.closed_at for passage in passages]
    assert max(times) - min(times) < 0.1
    assert min(times) >= LEASE


def test_who_is_greeted_while_others_are_moved_is_moved_as_well() -> None:
    async def work() -> Leaver:
        bus = MemoryFleetBus()
        leaver = await Leaver("a", bus, PACE).fill(50)
        _, peer = start_fleet("peer", bus)
        await asyncio.sleep(LEASE)
        leaving = asyncio.ensure_future(leaver.leave())
        await asyncio.sleep(SETTLE_BEFORE_DRAIN + 0.5)
        await leaver.let_in("late")
        await leaving
        peer.cancel()
        return leaver

    leaver = in_virtual_time(work)
    assert len(leaver.moves) == 51


def test_who_was_just_shown_something_of_a_topic_knows_its_position_before_it_goes() -> None:
    """Else it would come back from where it stood before, and be shown the same again."""

    async def work() -> Client:
        log, tasks, positions = MemoryTopicLog(), Tasks(), Positions()
        board = Board(log, MemoryTopicBus(log), clock, tasks)
        leaver = await Leaver("a", MemoryFleetBus(), PACE).fill(1)
        (session,), topic = leaver.hub.sessions(), read_pattern("demo", "orders.1")
        session.topics = board.make_follower(session.socket, partial(positions.soon, session))
        await board.follow(session.topics, Wish(topic))
        number = await log.append(topic, pack(TopicMessage("topic:message", 0, '{"payload":1}', None)), uuid4())
        await leaver.leave()  # in the same turn of the loop
        await tasks.stop()
        (client,) = leaver.clients
        name, position, _ = client.sent[-2]
        assert (name, decode(position).topics_seq) == ("position", number)
        return client

    assert in_virtual_time(work).names()[-3:] == ["topic:message", "position", "server:moving"]


def test_it_tells_how_many_remain_and_how_fast_they_go() -> None:
    async def work() -> list[tuple[int, float]]:
        bus = MemoryFleetBus()
        leaver = await Leaver("a", bus, PACE).fill(100)
        _, peer = start_fleet("peer", bus)
        await asyncio.sleep(LEASE)
        drain = leaver.drain
        told = [(drain.remaining, drain.rate)]
        leaving = asyncio.ensure_future(leaver.leave())
        await asyncio.sleep(SETTLE_BEFORE_DRAIN / 2)
        told.append((drain.remaining, drain.rate))
        await asyncio.sleep(SETTLE_BEFORE_DRAIN / 2 + 1.01)
        told.append((drain.remaining, drain.rate))
        await leaving
        peer.cancel()
        return [*told, (drain.remaining, drain.rate)]

    before, settling, moving, after = in_virtual_time(work)
    assert (before, settling, after) == ((0, 0.0), (100, 0.0), (0, 0.0))
    assert 20 < moving[0] < 80
    assert moving[1] == PACE.per_second
