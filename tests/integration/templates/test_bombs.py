"""Whatever a tenant writes into a template, it ends, and nobody else waits for it."""

import asyncio

import pytest

from notifications.adapters.templates.engine import SandboxEngine
from notifications.domain.errors import BrokenTemplate, Exhausting
from notifications.domain.limits import RENDER_PROCESSES
from tests.integration.templates.children import list_children

LOOP = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
EXHAUSTING = {
    "loops in loops": LOOP,
    "one long operation": "{{ 3 ** 3 ** 3 ** 3 ** 3 ** 3 }}{{ 7 ** (9 ** 9) }}",
    "an operation while it is compiled": "{% if 7 ** 99999999 > 1 %}{% endif %}",
    "a text of ten gigabytes": "{{ 'a' * 10 ** 10 }}",
    "a list of ten billions": "{{ [0] * 10 ** 10 }}",
    "a filter that makes blanks": "{{ 'a' | center(10 ** 10) }}",
    "a format that makes blanks": "{{ '%9999999999d' % 1 }}",
    "text that doubles": "{% set n = namespace(x='a') %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
}
WITHIN_BOUNDS = {
    "a long text in pieces": "{% for a in range(99999) %}{{ 'a' * 1000 }}{% endfor %}",
    "a macro that calls itself": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "many brackets": "{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}",
}


@pytest.mark.parametrize("bomb", EXHAUSTING.values(), ids=EXHAUSTING)
async def test_what_takes_too_much_is_ended_and_told(engine: SandboxEngine, bomb: str) -> None:
    with pytest.raises(Exhausting, match="too much processor time or memory"):
        await engine.render({"text": bomb}, {})

    assert await engine.render({"text": "{{ 1 + 1 }}"}, {}) == {"text": "2"}


@pytest.mark.parametrize("bomb", WITHIN_BOUNDS.values(), ids=WITHIN_BOUNDS)
async def test_what_makes_too_much_is_told(engine: SandboxEngine, bomb: str) -> None:
    with pytest.raises(BrokenTemplate):
        await engine.render({"text": bomb}, {})


async def test_the_loop_of_the_process_goes_on_beside_a_bomb(engine: SandboxEngine) -> None:
    bomb = asyncio.create_task(engine.render({"text": LOOP}, {}))
    turns = 0
    while not bomb.done():
        turns += 1
        await asyncio.sleep(0)

    assert isinstance(bomb.exception(), Exhausting)
    assert turns > 1_000


async def test_others_are_served_beside_a_bomb(engine: SandboxEngine) -> None:
    bombs = [asyncio.create_task(engine.render({"text": LOOP}, {})) for _ in range(RENDER_PROCESSES - 1)]
    assert await engine.render({"text": "{{ 1 + 1 }}"}, {}) == {"text": "2"}
    assert not any(bomb.done() for bomb in bombs)

    errors = await asyncio.gather(*bombs, return_exceptions=True)
    assert all(isinstance(error, Exhausting) for error in errors)


async def test_nothing_is_left_of_the_processes(engine: SandboxEngine) -> None:
    with pytest.raises(Exhausting):
        await engine.render({"text": LOOP}, {})
    await engine.render({"text": "a"}, {})
    assert list_children()

    await engine.close()

    assert list_children() == []
