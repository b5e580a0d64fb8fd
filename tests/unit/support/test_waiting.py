"""`eventually` waits for a condition, not for a time."""

import itertools

import pytest

from tests.support.waiting import eventually, eventually_sync


async def test_the_first_truthy_answer_is_returned() -> None:
    answers = iter([0, None, "ready"])
    assert await eventually(lambda: next(answers)) == "ready"


async def test_a_probe_may_be_a_coroutine_function() -> None:
    counter = itertools.count()

    async def probe() -> bool:
        return next(counter) == 2

    assert await eventually(probe)


async def test_what_never_happened_is_named() -> None:
    with pytest.raises(AssertionError, match=r"the moon did not happen within 0.01 s \(last answer: 0\)"):
        await eventually(lambda: 0, within=0.01, what="the moon")


def test_without_a_loop_what_never_happened_is_named_too() -> None:
    with pytest.raises(AssertionError, match="the moon did not happen"):
        eventually_sync(lambda: False, within=0.01, what="the moon")
