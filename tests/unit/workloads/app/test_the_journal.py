"""What happens all the time is one line a second in the log."""

import asyncio
import logging
from datetime import UTC, datetime
from uuid import UUID

import pytest

from notifications.app.journal import Journal
from notifications.domain.inbox import Change
from notifications.domain.jobs import Channel, Failure, Job, Outcome, Queue, Status
from notifications.domain.notification import UserKey
from notifications.domain.submission import Placed
from notifications.ports.telemetry import Telemetry
from tests.unit.workloads.app.world import Recorder, in_virtual_time

IDS = [UUID(int=number) for number in range(5)]
PLACED = [Placed(id, "alice", 1) for id in IDS]
JOBS = [Job(id, UserKey("default", "alice"), Channel.EMAIL, Queue.NORMAL) for id in IDS]


@pytest.fixture(autouse=True)
def at_info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "notifications.app.journal")


def test_what_happened_is_told_with_a_count_and_a_few_ids(caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal(Recorder())
    for copy in PLACED:
        journal.created("default", "like", [copy])
    journal.flush()
    (line,) = caplog.records
    assert (line.event, line.count, line.ids) == ("created", 5, [str(id) for id in IDS[:3]])  # type: ignore[attr-defined]


def test_nothing_is_told_when_nothing_happened(caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal(Recorder())
    journal.created("default", "like", PLACED)
    journal.flush()
    journal.flush()
    assert len(caplog.records) == 1


def test_every_kind_of_event_has_a_line_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal(Recorder())
    journal.created("default", "like", PLACED)
    journal.enqueued(JOBS)
    journal.delivered("websocket", IDS[0], 0.1)
    journal.settled(Outcome(JOBS[1], Status.SENT), 0.1)
    journal.settled(Outcome(JOBS[2], Status.DEAD, "refused <alice@example.org>", cause=Failure.REJECTED), 0.1)
    journal.read(Change("read", 2, datetime(2026, 1, 1, tzinfo=UTC), 0, (IDS[3],)))
    journal.flush()
    told = [(line.event, getattr(line, "detail", ""), line.levelname) for line in caplog.records]  # type: ignore[attr-defined]
    assert told == [
        ("created", "", "INFO"),
        ("enqueued", "", "INFO"),
        ("delivered", "websocket", "INFO"),
        ("delivered", "email", "INFO"),
        ("failed", "email: rejected", "WARNING"),
        ("read", "read", "INFO"),
    ]
    assert "alice" not in str([vars(line) for line in caplog.records])


def test_at_debug_every_single_one_is_told_at_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "notifications.app.journal")
    journal = Journal(Recorder())
    journal.delivered("websocket", IDS[0], 0.1)
    journal.delivered("websocket", IDS[1], 0.1)
    assert [line.ids for line in caplog.records] == [[str(IDS[0])], [str(IDS[1])]]  # type: ignore[attr-defined]


def test_it_tells_once_a_second_and_what_is_left_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        journal = Journal(Recorder())
        running = asyncio.ensure_future(journal.run())
        journal.created("default", "like", PLACED)
        await asyncio.sleep(1.5)
        assert len(caplog.records) == 1
        journal.created("default", "like", PLACED)
        running.cancel()
        await asyncio.wait([running])

    in_virtual_time(work)
    assert len(caplog.records) == 2


def test_everything_is_passed_on() -> None:
    behind = Recorder()
    journal = Journal(behind)
    journal.created("default", "like", PLACED)
    journal.enqueued(JOBS)
    journal.delivered("websocket", IDS[0], None)
    journal.settled(Outcome(JOBS[0], Status.SENT), 0.1)
    journal.read(Change("archived", 2, datetime(2026, 1, 1, tzinfo=UTC), 0))
    journal.repaired(1)
    journal.swept(1)
    journal.received("client:ping")
    journal.sent("notification", 100)
    journal.broadcast(0.1)
    journal.opened()
    journal.closed(1.0, stale=False)
    assert set(behind.counts) == {name for name in vars(Telemetry) if not name.startswith("_")}
    assert set(behind.counts.values()) == {1}
