"""The authorizer is asked once for what it said, by a token, until that is too old; what fails is never kept."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from notifications.app import verdicts as module
from notifications.app.verdicts import Verdicts
from notifications.domain.access import Action
from notifications.domain.errors import Unavailable
from notifications.domain.limits import BREAKER_MINIMUM, BREAKER_OPEN, VERDICT_KEPT
from notifications.domain.notification import UserKey
from notifications.domain.principal import Principal
from notifications.domain.topics import read_topic
from notifications.ports.authorizer import Question, Verdict

TOKEN = Principal(UserKey("acme", "bob"), datetime(2026, 3, 1, tzinfo=UTC))
QUESTION = Question(TOKEN, read_topic("acme", "post.9"), Action.JOIN)


class Desk:
    """An authorizer that says what it is told, once it is let; a clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 0.0
        self.says: Verdict | Exception = Verdict(True, None)
        self.asked: list[Question] = []
        self.open = asyncio.Event()
        self.open.set()
        self.verdicts = Verdicts(self, lambda: self.time)

    async def ask(self, question: Question) -> Verdict:
        self.asked.append(question)
        await self.open.wait()
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("allow", [True, False])
@pytest.mark.parametrize(("ttl", "kept"), [(None, VERDICT_KEPT), (5.0, 5.0), (0.0, 0.0)])
async def test_a_verdict_is_kept_as_long_as_it_holds(desk: Desk, allow: bool, ttl: float | None, kept: float) -> None:
    desk.says = Verdict(allow, ttl)
    assert await desk.verdicts.ask(QUESTION) is allow

    desk.says = Verdict(not allow, ttl)
    if kept:
        desk.time += kept - 0.1
        assert await desk.verdicts.ask(QUESTION) is allow
    desk.time += 0.1
    assert await desk.verdicts.ask(QUESTION) is not allow
    assert len(desk.asked) == 2


@pytest.mark.parametrize(
    "other",
    [
        replace(QUESTION, action=Action.SEND),
        replace(QUESTION, about=read_topic("acme", "post.8")),
        replace(QUESTION, principal=replace(TOKEN, expires_at=TOKEN.expires_at + timedelta(hours=1))),
        replace(QUESTION, principal=replace(TOKEN, groups=frozenset({"7"}))),
        replace(QUESTION, principal=replace(TOKEN, owner=UserKey("acme", "eve"))),
    ],
)
async def test_a_verdict_is_for_one_question_of_one_token(desk: Desk, other: Question) -> None:
    assert await desk.verdicts.ask(QUESTION)
    desk.says = Verdict(False, None)

    assert not await desk.verdicts.ask(other)
    assert desk.asked == [QUESTION, other]


async def test_many_who_wait_for_the_same_ask_once_even_if_the_first_gives_up(desk: Desk) -> None:
    desk.open.clear()
    waiting = [asyncio.create_task(desk.verdicts.ask(QUESTION)) for _ in range(5)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    desk.open.set()

    assert await asyncio.gather(*waiting[1:]) == [True] * 4
    assert desk.asked == [QUESTION]


async def test_a_failure_denies_all_who_wait_and_is_not_kept(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.says = Unavailable("it answered 500")
    answers = await asyncio.gather(*(desk.verdicts.ask(QUESTION) for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable] * 3
    assert [record.reason for record in caplog.records] == ["it answered 500"]  # type: ignore[attr-defined]
    assert "bob" not in caplog.text

    desk.says = Verdict(True, None)
    assert await desk.verdicts.ask(QUESTION)


async def test_one_that_fails_again_and_again_is_left_alone_for_a_while(desk: Desk) -> None:
    desk.says = Unavailable("no answer within 2 s")
    for _ in range(BREAKER_MINIMUM + 5):
        with pytest.raises(Unavailable):
            await desk.verdicts.ask(QUESTION)
    assert len(desk.asked) == BREAKER_MINIMUM

    desk.says = Verdict(True, None)
    desk.time += BREAKER_OPEN
    assert await desk.verdicts.ask(QUESTION)


async def test_only_so_many_are_kept_and_so_many_may_wait(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_QUESTIONS", 2)
    desk.open.clear()
    questions = [replace(QUESTION, about=read_topic("acme", f"post.{number}")) for number in range(3)]
    waiting = [asyncio.create_task(desk.verdicts.ask(question)) for question in questions[:2]]
    await asyncio.sleep(0)

    with pytest.raises(Unavailable, match="too many wait"):
        await desk.verdicts.ask(questions[2])
    desk.open.set()
    assert await asyncio.gather(*waiting) == [True, True]
    assert await desk.verdicts.ask(questions[2])


async def test_of_what_is_kept_the_least_used_goes_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_VERDICTS", 2)
    verdicts = Verdicts(desk, lambda: desk.time)
    one, two, three = (replace(QUESTION, about=read_topic("acme", f"post.{number}")) for number in range(3))
    for question in (one, two, one, three, one, two):
        assert await verdicts.ask(question)

    assert desk.asked == [one, two, three, two]
