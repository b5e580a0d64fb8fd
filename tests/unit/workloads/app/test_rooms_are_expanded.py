"""Requests to rooms are expanded chunk by chunk, and one that cannot be keeps nobody waiting."""

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from notifications.adapters.memory.rooms import MemoryRoomRequests, MemoryRooms
from notifications.adapters.memory.store import MemoryStore
from notifications.app.expand import Expander
from notifications.domain import rooms as domain_rooms
from notifications.domain.errors import Contended, Unavailable
from notifications.domain.ids import RANDOM_BITS, uuid7
from notifications.domain.jobs import Job
from notifications.domain.limits import CHUNK_PAUSE, EXPAND_AFTER_FAILURE, EXPAND_EVERY, MAX_QUEUED_JOBS
from notifications.domain.notification import Message
from notifications.domain.rooms import Chunk, RoomState
from notifications.domain.submission import Submission
from notifications.ports.clock import Clock, MakeId
from tests.simulation.silence import Silence
from tests.unit.workloads.app.world import clock, in_virtual_time

ROOM = "group:7"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Failing(MemoryRoomRequests):
    """Requests some of which meet an error when they are expanded."""

    def __init__(self, store: MemoryStore, clock: Clock) -> None:
        super().__init__(store, clock)
        self.errors: dict[UUID, Exception] = {}

    async def expand(self, id: UUID, limit: int, make_id: MakeId) -> Chunk | None:
        if id in self.errors:
            raise self.errors[id]
        return await super().expand(id, limit, make_id)


class Crowd:
    """Queues in which so many jobs wait."""

    jobs = 0

    async def depth(self, most: int) -> int:
        return min(self.jobs, most)


class House:
    """A store with a room of five, a clock that may be turned, and an expander that takes two at a time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turned = timedelta(0)
        self.relayed: list[Job] = []
        self._random = Random(3)
        self.queues = Crowd()
        store = MemoryStore(self.now)
        self.rooms = MemoryRooms(store, self.now)
        self.requests = Failing(store, self.now)
        self.expander = Expander(self.requests, self.relayed.extend, Silence(), self.make_id, self.queues, chunk=2)

    def make_id(self, at: datetime) -> UUID:
        return uuid7(at, self._random.getrandbits(RANDOM_BITS))

    def now(self) -> datetime:
        return self._clock() + self._turned

    def later(self, seconds: float) -> None:
        self._turned += timedelta(seconds=seconds)

    async def fill(self) -> None:
        for number in range(5):
            await self.rooms.join("acme", ROOM, f"user-{number}")

    async def send(self) -> UUID:
        id = self.make_id(self.now())
        submission = Submission(id, "acme", self.now(), Message("greeting", "Hello"), (), b"")
        await self.requests.accept(replace(submission, room=ROOM))
        return id

    async def state_of(self, id: UUID) -> tuple[RoomState, int]:
        request = await self.requests.find("acme", ROOM, id)
        return request.state, request.members


@pytest.fixture
async def house() -> House:
    house = House(lambda: NOON)
    await house.fill()
    return house


async def test_each_look_expands_a_chunk_and_says_whether_more_is_to_come(house: House) -> None:
    id = await house.send()

    unfinished = []
    for _ in range(4):
        unfinished.append(await house.expander.expand())
        house.later(CHUNK_PAUSE)

    assert unfinished == [True, True, False, False]
    assert await house.state_of(id) == (RoomState.EXPANDED, 5)
    assert [job.owner.user for job in house.relayed] == [f"user-{number}" for number in range(5)]


async def test_rooms_take_turns(house: House) -> None:
    first, second = await house.send(), await house.send()

    await house.expander.expand()

    assert [await house.state_of(id) for id in (first, second)] == [(RoomState.ACCEPTED, 2)] * 2


async def test_a_request_that_fails_is_put_off_and_does_not_stop_the_others(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = await house.send(), await house.send()
    house.requests.errors[bad] = ValueError("a mistake of ours")

    await house.expander.expand()

    assert (await house.state_of(bad), await house.state_of(good)) == ((RoomState.ACCEPTED, 0), (RoomState.ACCEPTED, 2))
    assert [record.message for record in caplog.records] == ["a request to a room cannot be expanded now"]
    house.later(CHUNK_PAUSE)
    assert await house.requests.due(10) == [good]
    house.requests.errors.clear()
    house.later(EXPAND_AFTER_FAILURE)
    await house.expander.expand()
    assert await house.state_of(bad) == (RoomState.ACCEPTED, 2)


async def test_a_request_that_waits_for_a_lock_does_not_stop_the_others(house: House) -> None:
    locked, free = await house.send(), await house.send()
    house.requests.errors[locked] = Contended("somebody else held a lock for too long")

    await house.expander.expand()

    assert await house.state_of(free) == (RoomState.ACCEPTED, 2)
    assert await house.requests.due(10) == [locked]


def test_nothing_is_expanded_into_full_queues() -> None:
    async def work() -> list[int]:
        house = House(clock)
        await house.fill()
        await house.send()
        house.queues.jobs = MAX_QUEUED_JOBS + 1
        more, held = await house.expander.expand(), len(house.relayed)
        house.queues.jobs -= 1
        await house.expander.expand()
        return [more, held, len(house.relayed)]

    assert in_virtual_time(work) == [False, 0, 2]


def test_chunks_follow_each_other_after_a_pause() -> None:
    async def work() -> list[float]:
        house, times = House(clock), list[float]()
        await house.fill()
        await house.send()
        loop = asyncio.get_running_loop()
        expander = Expander(
            house.requests, lambda jobs: times.append(loop.time()), Silence(), house.make_id, house.queues, chunk=2
        )
        running = asyncio.ensure_future(expander.run())
        await asyncio.sleep(1)
        running.cancel()
        return times

    first, second, third = in_virtual_time(work)
    assert first < EXPAND_EVERY
    for earlier, later in ((first, second), (second, third)):
        assert CHUNK_PAUSE <= later - earlier < CHUNK_PAUSE + 0.01


def test_an_outage_ends_nothing() -> None:
    async def work() -> list[tuple[RoomState, int]]:
        house = House(clock)
        await house.fill()
        id = await house.send()
        house.requests.errors[id] = Unavailable("the database is away")
        running = asyncio.ensure_future(house.expander.run())
        await asyncio.sleep(5)
        before = await house.state_of(id)
        house.requests.errors.clear()
        await asyncio.sleep(1)
        running.cancel()
        return [before, await house.state_of(id)]

    assert in_virtual_time(work) == [(RoomState.ACCEPTED, 0), (RoomState.EXPANDED, 5)]


async def test_a_truncated_request_is_logged(
    house: House, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain_rooms, "MAX_ROOM_MEMBERS", 2)
    id = await house.send()

    await house.expander.expand()

    (record,) = caplog.records
    assert (record.levelno, vars(record)["request"]) == (logging.WARNING, str(id))
    assert (await house.state_of(id))[0] is RoomState.TRUNCATED
