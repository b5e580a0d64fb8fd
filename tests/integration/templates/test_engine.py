"""Templates are rendered in processes that have nothing and keep nothing."""

import asyncio
import subprocess
import sys

import pytest

from notifications.adapters.templates import engine as module
from notifications.adapters.templates.engine import SandboxEngine
from notifications.adapters.templates.sandbox import LENGTH, READY
from notifications.domain.errors import BrokenTemplate, Unavailable
from tests.integration.templates.children import list_children, read

# What an attacker would run who has left the sandbox of Jinja2
ESCAPED = """
import os, socket, sys
from notifications.adapters.templates import sandbox
sandbox._confine()
def attempt(act):
    try:
        act()
        return "done"
    except (OSError, MemoryError) as error:
        return type(error).__name__
print(attempt(lambda: open("/etc/passwd")), attempt(lambda: socket.socket()), attempt(os.pipe),
      attempt(lambda: bytearray(10 ** 9)))
"""


async def test_every_part_is_rendered(engine: SandboxEngine) -> None:
    parts = {"subject": "{{ a }}", "text": "{{ a }}", "html": "{{ a }}"}
    assert await engine.render(parts, {"a": "<ä\u2028😀>"}) == {
        "subject": "<ä\u2028😀>",
        "text": "<ä\u2028😀>",
        "html": "&lt;ä\u2028😀&gt;",
    }


async def test_a_mistake_is_told_with_part_and_line(engine: SandboxEngine) -> None:
    with pytest.raises(BrokenTemplate, match="html, line 2: 'b' is undefined") as broken:
        await engine.render({"subject": "{{ a }}", "html": "\n{{ b }}"}, {"a": 1})
    assert (broken.value.part, broken.value.line) == ("html", 2)


async def test_a_mistake_leaves_the_process_as_it_was(engine: SandboxEngine) -> None:
    for _ in range(3):
        with pytest.raises(BrokenTemplate):
            await engine.render({"text": "{{ b }}"}, {})
        assert await engine.render({"text": "{{ a }}"}, {"a": 1}) == {"text": "1"}


async def test_one_template_sees_nothing_of_another(engine: SandboxEngine) -> None:
    await engine.render({"text": "{% set secret = 1 %}{% macro m() %}{% endmacro %}{{ secret }}"}, {"a": 1})
    for name in ("secret", "m", "a"):
        with pytest.raises(BrokenTemplate, match="is undefined"):
            await engine.render({"text": f"{{{{ {name} }}}}"}, {})


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a b' | wordwrap(1) | urlize | title | wordcount }}",
        "{{ {'a': 1} | tojson }}{{ {'a': 1} | pprint }}{{ 12345 | filesizeformat }}",
        "{{ [{'a': 1}] | groupby('a') | list | length }}{{ [1, 2] | batch(1) | list }}{{ [3, 1] | sort | random }}",
        "{{ '%.2f' | format(1.5) }}{{ '{:>9}'.format('a') }}{{ 'ä'.encode('utf-8').decode('latin-1') }}",
    ],
)
async def test_filters_need_no_file(engine: SandboxEngine, source: str) -> None:
    assert (await engine.render({"text": source}, {}))["text"]


async def test_a_request_that_is_given_up_is_not_the_answer_to_the_next(engine: SandboxEngine) -> None:
    assert await engine.render({"text": "warm"}, {}) == {"text": "warm"}
    given_up = asyncio.create_task(engine.render({"text": "{{ range(99999) | sum }}"}, {}))
    await asyncio.sleep(0)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up

    assert await engine.render({"text": "next"}, {}) == {"text": "next"}


async def test_a_process_that_cannot_start_is_no_fault_of_the_template(
    engine: SandboxEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for command, told in (((sys.executable, "-c", "1"), "does not start"), (("/absent",), "No such file")):
        monkeypatch.setattr(module, "_COMMAND", command)
        with pytest.raises(Unavailable, match=told):
            await engine.render({"text": "a"}, {})


async def test_more_wait_than_are_served_at_once(engine: SandboxEngine) -> None:
    made = await asyncio.gather(*(engine.render({"text": "{{ n }}"}, {"n": n}) for n in range(50)))
    assert [each["text"] for each in made] == [str(n) for n in range(50)]


def test_who_leaves_the_sandbox_finds_no_way_on() -> None:
    done = subprocess.run([sys.executable, "-c", ESCAPED], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["OSError", "OSError", "OSError", "MemoryError"]


async def test_the_processes_know_nothing_of_our_environment(
    engine: SandboxEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD", "secret")
    await engine.render({"text": "a"}, {})
    (child,) = list_children()
    assert "secret" not in read(f"/proc/{child}/environ")


def test_the_process_ends_with_the_one_that_started_it() -> None:
    command = [sys.executable, "-I", "-m", "notifications.adapters.templates.sandbox"]
    done = subprocess.run(command, input=b"", capture_output=True, timeout=30, check=True)
    assert done.stdout == LENGTH.pack(len(READY)) + READY
