"""Which events about a cluster lead to work."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from notification_operator.custom_resource import Key
from notification_operator.handlers import Listener
from notification_operator.hearing import Hearing
from notification_operator.queue import Pace, WorkQueue

from ...support.waiting import eventually

SEEN: dict[str, Any] = {
    "namespace": "x",
    "name": "demo",
    "uid": "1",
    "generation": 1,
    "resourceVersion": "10",
    "annotations": {"a": "b"},
}


class Office:
    """A listener, and the work that it makes."""

    def __init__(self) -> None:
        self.handled = 0
        self.hearing = Hearing()
        self.queue: WorkQueue[Key] = WorkQueue(self._handle, Pace(settle=0.0))
        self._listener = Listener(self.queue, self.hearing)

    async def tell(self, type_: str | None, **changes: Any) -> bool:
        """Tell of a cluster in this state; say whether that led to work."""
        before = self.handled
        event: Any = {"type": type_, "object": {"metadata": {**SEEN, **changes}, "status": {}}}
        await self._listener.hear_cluster(event)
        await eventually(lambda: not self.queue.list_keys())
        return self.handled > before

    async def _handle(self, _: Key) -> None:
        self.handled += 1


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    """One that has seen the cluster, and has done what there was to do."""
    office = Office()
    working = asyncio.create_task(office.queue.run())
    await office.tell(None)
    yield office
    working.cancel()
    await asyncio.wait({working})


async def test_the_first_sight_of_a_cluster_counts(office: Office) -> None:
    assert office.handled == 1
    assert await office.tell(None, name="another")


@pytest.mark.parametrize("type_", [None, "MODIFIED"])
async def test_a_change_of_the_status_alone_is_no_news(office: Office, type_: str | None) -> None:
    assert not await office.tell(type_, resourceVersion="11")


@pytest.mark.parametrize(
    "change",
    [
        {"generation": 2},
        {"annotations": {"notification-operator.dev/paused": "true"}},
        {"annotations": {}},
        {"deletionTimestamp": "2026-01-01T00:00:00Z"},
        {"uid": "2"},
    ],
    ids=["spec", "pause", "no-pause", "deletion", "another-of-the-name"],
)
async def test_what_says_what_is_to_be_done_is_news(office: Office, change: dict[str, Any]) -> None:
    assert await office.tell("MODIFIED", resourceVersion="11", **change)


async def test_a_cluster_that_came_back_is_seen_for_the_first_time(office: Office) -> None:
    assert await office.tell("DELETED", resourceVersion="11")
    assert await office.tell("ADDED", resourceVersion="12")


async def test_what_is_no_news_was_heard_all_the_same(office: Office) -> None:
    office.hearing.read("1", "11", now=0.0)
    await office.tell("MODIFIED", resourceVersion="11")
    assert office.hearing.measure_age(now=100.0) == 0.0
