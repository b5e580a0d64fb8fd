"""Who leaves while the gateway still looks how much it missed is not followed for afterwards."""

import asyncio

import pytest

from notifications.domain.cursor import encode
from notifications.domain.errors import Unavailable
from notifications.domain.topics import LogEnd, Topic
from tests.unit.workloads.app.test_families_are_replayed_up_to_their_size import START, Place, at_a


def test_who_leaves_while_it_is_asked_what_it_missed_follows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(place: Place) -> None:
        asked, answer, find_end = asyncio.Event(), asyncio.Event(), place.log.find_end

        async def find_end_late() -> LogEnd:
            asked.set()
            await answer.wait()
            return await find_end()

        monkeypatch.setattr(place.log, "find_end", find_end_late)
        session, _ = await place.gateway.join()
        wish = {"topic": "user.bob", "since": encode(START)}
        asking = asyncio.ensure_future(place.ask(session, "topic:subscribe", wish))
        await asked.wait()
        place.gateway.hub.leave(session)
        answer.set()
        with pytest.raises(Unavailable):
            await asking
        assert place.gateway.board.sockets(Topic("demo", ("user", "bob"))) == []

    at_a(work)
