"""`subscriptions:sync` answers for all at once: what of one topic can no longer be replayed is told as its gap."""

import pytest

from notifications.app.session import Session
from notifications.domain.cursor import Cursor, encode
from notifications.domain.errors import Unavailable
from tests.unit.workloads.app.test_following_anew_is_bounded import Sync, with_a_session
from tests.unit.workloads.app.world import MemorySocket


def test_a_cursor_of_another_life_of_the_log_is_answered_with_a_gap() -> None:
    async def work(session: Session, sync: Sync) -> None:
        stale, good = encode(Cursor(0, 0, 7, 3)), encode(Cursor(0, 0, 1, 0))
        answer = await sync([{"topic": "user.bob.1", "since": stale}, {"topic": "user.bob.2", "since": good}])
        assert answer["active"] == ["user.bob.1", "user.bob.2"]
        assert gaps(session) == [{"topic": "user.bob.1", "reason": "lost"}]

    with_a_session(work)


def test_a_client_that_cannot_be_told_its_position_is_not_told_that_it_follows() -> None:
    async def work(session: Session, sync: Sync) -> None:
        socket(session).room.clear()
        with pytest.raises(Unavailable, match="does not know its position"):
            await sync(["user.bob.1"])

    with_a_session(work)


def socket(session: Session) -> MemorySocket:
    assert isinstance(session.socket, MemorySocket)
    return session.socket


def gaps(session: Session) -> list[object]:
    return [body for event, body, _ in socket(session).sent if event == "topic:gap"]
