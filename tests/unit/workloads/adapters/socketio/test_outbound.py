"""What waits for a client is counted in bytes, so that one who does not read is noticed before memory is full."""

import asyncio

from engineio.packet import MESSAGE, PING, Packet
from hypothesis import given
from hypothesis import strategies as st

from notifications.adapters.socketio.outbound import OutboundQueue
from notifications.domain.limits import OUTBOUND_CAP


def frame(size: int) -> Packet:
    return Packet(MESSAGE, data="x" * size)


def queue_of(sizes: list[int | None]) -> OutboundQueue:
    queue = OutboundQueue()
    for size in sizes:
        queue.put_nowait(None if size is None else frame(size))
    return queue


async def fill(queue: OutboundQueue) -> None:
    while not queue.full_of_events:
        queue.put_nowait(frame(64 * 1024))


@given(st.lists(st.none() | st.integers(0, 100), max_size=30), st.integers(0, 30))
def test_the_size_is_that_of_what_waits(sizes: list[int | None], taken: int) -> None:
    queue = queue_of(sizes)
    for _ in range(min(taken, len(sizes))):
        queue.get_nowait()
    assert queue.size == queue_of(sizes[taken:]).size >= sum(size or 0 for size in sizes[taken:])


def test_above_the_cap_a_queue_is_full_of_events() -> None:
    assert not queue_of([OUTBOUND_CAP - 1_000]).full_of_events
    assert queue_of([OUTBOUND_CAP + 1]).full_of_events


async def test_packets_of_the_protocol_fit_into_a_full_queue() -> None:
    queue = OutboundQueue()
    await fill(queue)
    waiting = queue.qsize()
    queue.put_nowait(Packet(PING))
    queue.put_nowait(None)
    assert queue.qsize() == waiting + 2


async def test_there_is_room_in_an_empty_queue() -> None:
    await asyncio.wait_for(OutboundQueue().wait_for_room(), 1)


async def test_room_is_reported_once_half_of_the_cap_is_free() -> None:
    queue = OutboundQueue()
    await fill(queue)
    waiting = asyncio.create_task(queue.wait_for_room())
    while queue.size > OUTBOUND_CAP // 2:
        await asyncio.wait([waiting], timeout=0)
        assert not waiting.done()
        queue.get_nowait()
    await asyncio.wait_for(waiting, 1)


async def test_the_order_is_kept() -> None:
    queue = OutboundQueue()
    for size in (3, 1, 2):
        queue.put_nowait(frame(size))
    assert [len(packet.data) for packet in (queue.get_nowait(), queue.get_nowait(), queue.get_nowait()) if packet] == [
        3,
        1,
        2,
    ]


async def test_who_waits_for_room_is_let_go_at_the_end() -> None:
    queue = OutboundQueue()
    await fill(queue)
    waiting = asyncio.create_task(queue.wait_for_room())
    await asyncio.wait([waiting], timeout=0)
    queue.end()
    queue.put_nowait(None)
    await asyncio.wait_for(waiting, 1)
    assert queue.full_of_events
