"""A pipe reads at one end only while the other takes what it is given, whenever it was that it stopped to take it."""

import asyncio
from typing import Any
from unittest.mock import Mock

from notifications.adapters.socketio.pipe import Pipe


def open_end(unsent: int = 0) -> tuple[Pipe, Any]:
    """One end and its transport, which still has to send some bytes."""
    transport = Mock(spec=asyncio.Transport)
    transport.get_write_buffer_size.return_value = unsent
    transport.is_closing.return_value = False
    pipe = Pipe(set())
    pipe.connection_made(transport)
    return pipe, transport


def test_both_ends_are_read_once_they_are_connected() -> None:
    (inner, to_peer), (outer, to_client) = open_end(), open_end()
    inner.connect(outer)
    assert to_peer.resume_reading.called
    assert to_client.resume_reading.called


def test_an_end_that_choked_before_it_was_connected_is_waited_for() -> None:
    (inner, to_peer), (outer, to_client) = open_end(), open_end()
    inner.pause_writing()
    inner.connect(outer)
    assert not to_client.resume_reading.called
    assert to_peer.resume_reading.called
    inner.resume_writing()
    assert to_client.resume_reading.called


def test_an_end_that_took_it_all_before_it_was_connected_is_not_waited_for() -> None:
    (inner, _), (outer, to_client) = open_end(), open_end()
    inner.pause_writing()
    inner.resume_writing()
    inner.connect(outer)
    assert to_client.resume_reading.called


def test_what_a_transport_still_has_to_send_from_before_is_waited_for() -> None:
    (inner, to_peer), (outer, _) = open_end(), open_end(unsent=100_000)
    inner.connect(outer)
    assert not to_peer.resume_reading.called
    outer.resume_writing()
    assert to_peer.resume_reading.called
