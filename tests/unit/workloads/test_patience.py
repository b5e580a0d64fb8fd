"""A process insists on what it needs, but not for ever."""

from collections.abc import Iterator

import pytest

from notifications import patience
from notifications.domain.errors import Misconfigured, Unavailable
from notifications.patience import insist


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "RETRY", 0.001)


class Server:
    """Fails in these ways, one after another, and answers then."""

    def __init__(self, *failures: Exception) -> None:
        self._failures: Iterator[Exception] = iter(failures)

    async def answer(self) -> str:
        for failure in self._failures:
            raise failure
        return "here"


async def test_what_becomes_available_in_time_is_had(caplog: pytest.LogCaptureFixture) -> None:
    assert await insist(Server(Unavailable("no route"), Unavailable("no leader")).answer, within=30) == "here"
    assert caplog.messages == ["not yet: no route", "not yet: no leader"]


async def test_what_never_becomes_available_is_told() -> None:
    with pytest.raises(Unavailable, match="no route"):
        await insist(Server(*[Unavailable("no route")] * 1000).answer, within=0.05)


async def test_nothing_is_tried_twice_without_time() -> None:
    with pytest.raises(Unavailable, match="first"):
        await insist(Server(Unavailable("first")).answer, within=0)


async def test_a_mistake_is_not_repeated() -> None:
    with pytest.raises(Misconfigured):
        await insist(Server(Misconfigured("wrong password")).answer, within=30)
