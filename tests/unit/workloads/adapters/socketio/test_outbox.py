"""What waits for a client is counted in bytes, so that one who does not read is noticed before memory is full."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from notifications.adapters.socketio.outbox import Outbox
from notifications.domain.limits import OUTBOUND_CAP

FRAMES = st.lists(st.binary(max_size=100), max_size=30)


def outbox_of(frames: list[bytes]) -> Outbox:
    outbox = Outbox()
    for frame in frames:
        outbox.put(frame)
    return outbox


def full() -> Outbox:
    outbox = Outbox()
    while not outbox.full_of_events:
        outbox.put(bytes(64 * 1024))
    return outbox


@given(FRAMES, st.lists(st.integers(1, 500), max_size=10))
def test_what_is_taken_in_pieces_is_what_was_put_and_is_counted_no_more(frames: list[bytes], pieces: list[int]) -> None:
    outbox, taken = outbox_of(frames), b""
    for most in pieces:
        if outbox:
            taken += outbox.take_some(most)
    rest = outbox.take()
    assert taken + b"".join(rest) == b"".join(frames)
    outbox = outbox_of(rest)
    assert outbox.size >= sum(map(len, rest))
    outbox.take()
    assert (outbox.size, len(outbox)) == (0, 0)


@given(FRAMES.filter(bool), st.integers(1, 500))
def test_a_piece_is_no_longer_than_asked_but_for_its_last_frame(frames: list[bytes], most: int) -> None:
    outbox = outbox_of(frames)
    piece = outbox.take_some(most)
    assert len(piece) < most + 100
    assert outbox.size == outbox_of(frames[len(frames) - len(outbox) :]).size


def test_above_the_cap_an_outbox_is_full_of_events() -> None:
    assert not outbox_of([bytes(OUTBOUND_CAP - 1_000)]).full_of_events
    assert outbox_of([bytes(OUTBOUND_CAP + 1)]).full_of_events


def test_empty_packets_are_not_free() -> None:
    outbox = Outbox()
    for _ in range(OUTBOUND_CAP // 50):
        outbox.put(b"")
    assert outbox.full_of_events


def test_packets_of_the_protocol_fit_into_a_full_outbox() -> None:
    outbox = full()
    waiting = len(outbox)
    outbox.put(b"\x81\x012")
    assert len(outbox) == waiting + 1


async def test_there_is_room_in_an_empty_outbox() -> None:
    await asyncio.wait_for(Outbox().wait_for_room(), 1)


async def test_room_is_reported_once_half_of_the_cap_is_free() -> None:
    outbox = full()
    waiting = [asyncio.create_task(outbox.wait_for_room()) for _ in range(2)]
    while outbox.size > OUTBOUND_CAP // 2:
        await asyncio.wait(waiting, timeout=0)
        assert not any(task.done() for task in waiting)
        outbox.take_some(1)
    await asyncio.wait_for(asyncio.gather(*waiting), 1)


async def test_who_waits_for_room_is_let_go_at_the_end() -> None:
    outbox = full()
    waiting = asyncio.create_task(outbox.wait_for_room())
    await asyncio.wait([waiting], timeout=0)
    outbox.end()
    await asyncio.wait_for(waiting, 1)
    assert outbox.full_of_events
