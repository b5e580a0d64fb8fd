"""A template is taken where there is one; where it fails, the built-in one speaks, and the failure is told once."""

import logging
from collections.abc import Mapping
from typing import Any

import pytest

from notifications.adapters.memory.templates import MemoryTemplates
from notifications.adapters.templates.language import render
from notifications.app.typeset import Typesetter
from notifications.clock import now
from notifications.domain.errors import Exhausting, Unavailable
from notifications.domain.jobs import Channel
from notifications.domain.template import Parts, Template, TemplateName, Variables, list_choices

TENANT = "acme"
LIKE = TemplateName("like", Channel.EMAIL)
CHOICES = list_choices("like", Channel.EMAIL, "de")
BUILT_IN = {"subject": "built in", "text": "built in"}
VALUES = {"name": "Bob Secret"}


class Engine:
    """Renders in this process, and counts."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.asked = 0

    async def render(self, parts: Parts, variables: Variables) -> dict[str, str]:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return render(parts, variables, 10_000_000)


class World:
    """A typesetter and what it stands on."""

    def __init__(self) -> None:
        self.store, self.engine = MemoryTemplates(now), Engine()
        self.typesetter = Typesetter(self.store, self.engine, lambda name, variables: dict(BUILT_IN))

    async def save(self, text: str, **more: str) -> None:
        await self.store.save(TENANT, Template(LIKE, {"subject": "own", "text": text, **more}))

    async def set(self, variables: Mapping[str, Any] = VALUES, tenant: str = TENANT) -> dict[str, str]:
        return await self.typesetter.set(tenant, CHOICES, variables)


@pytest.fixture
def world() -> World:
    return World()


def failures(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if getattr(record, "event", None) == "template_failed"]


async def test_the_own_template_is_taken(world: World) -> None:
    await world.save("Hi {{ name }}")

    assert await world.set() == {"subject": "own", "text": "Hi Bob Secret"}


async def test_without_one_the_built_in_one_is_taken(world: World) -> None:
    await world.save("Hi")

    assert await world.set(tenant="other") == BUILT_IN
    assert world.engine.asked == 0


@pytest.mark.parametrize("text", ["{{ missing }}", "{{ 1 / 0 }}", "\0", "{{ 'x' * 2000000 }}"])
async def test_a_template_that_fails_is_replaced_and_told_once(
    world: World, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    parts = {"subject": "own", "text": text.replace("\0", "{{ '\\x00' }}")}
    await world.store.save(TENANT, Template(LIKE, parts))

    assert await world.set() == BUILT_IN
    assert await world.set() == BUILT_IN

    (told,) = failures(caplog)
    assert (vars(told)["tenant"], vars(told)["type"], vars(told)["channel"]) == (TENANT, "like", "email")
    assert "Secret" not in str(vars(told))


async def test_what_fails_for_one_reader_is_tried_for_the_next(world: World) -> None:
    await world.save("Hi {{ name }}")

    assert await world.set({}) == BUILT_IN
    assert (await world.set())["text"] == "Hi Bob Secret"


async def test_a_changed_template_that_fails_again_is_told_again(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    for text in ("{{ a }}", "{{ b }}"):
        await world.save(text)
        await world.set()

    assert len(failures(caplog)) == 2


async def test_what_takes_too_much_is_not_tried_again_until_it_changes(world: World) -> None:
    await world.save("bomb")
    world.engine.failure = Exhausting("it takes too much")
    assert [await world.set() for _ in range(3)] == [BUILT_IN] * 3
    assert world.engine.asked == 1

    world.engine.failure = None
    await world.save("Hi")
    assert (await world.set())["text"] == "Hi"


async def test_an_engine_that_is_busy_delays_nothing_and_bars_nothing(world: World) -> None:
    await world.save("Hi")
    world.engine.failure = Unavailable("busy")
    assert await world.set() == BUILT_IN

    world.engine.failure = None
    assert (await world.set())["text"] == "Hi"
