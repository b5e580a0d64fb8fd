"""An event may wait for its user's budget, and is not served to who was sent away meanwhile."""

import asyncio
from typing import Any

import pytest

from notifications.adapters.memory.bus import MemoryInboxBus
from notifications.adapters.memory.store import MemoryStore
from notifications.adapters.prometheus.metrics import Metrics
from notifications.adapters.socketio.answering import Answer
from notifications.adapters.socketio.events import ClientEvents
from notifications.adapters.socketio.packets import Event
from notifications.app.read_state import ReadState
from notifications.app.reader import InboxReader
from notifications.app.session import Session
from notifications.app.tasks import Tasks
from notifications.domain.errors import Unavailable
from notifications.domain.notification import UserKey
from tests.unit.workloads.app.world import MemorySocket, Recorder, Reports, clock, in_virtual_time, principal


@pytest.mark.parametrize("is_sent_away", [False, True])
def test_who_was_sent_away_meanwhile_is_not_served(is_sent_away: bool) -> None:
    served: list[Session] = []

    async def say(session: Session, _: tuple[Any, ...]) -> Answer:
        served.append(session)
        return {}

    async def wait(_: UserKey) -> None:
        await asyncio.sleep(2)

    async def work() -> None:
        store = MemoryStore(clock)
        read_state = ReadState(store, MemoryInboxBus(), lambda *_: None, Recorder())
        events = ClientEvents(store, read_state, lambda session, _: session.principal, {"room:send": say}, Metrics())
        events.spend = wait
        session = Session(MemorySocket(), principal(), InboxReader(store), Reports(), Tasks())
        if is_sent_away:
            asyncio.get_running_loop().call_later(1, session.end)
        await events.serve(session, Event("room:send", (), None))

    if is_sent_away:
        with pytest.raises(Unavailable, match="has ended"):
            in_virtual_time(work)
    else:
        in_virtual_time(work)
    assert len(served) == (not is_sent_away)
