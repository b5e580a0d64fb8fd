"""Lines for the user."""

import asyncio
import io
import os

import pytest

from notification_operator.local import progress as progress_module
from notification_operator.local.progress import Progress, reminding


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_pipe_gets_plain_lines() -> None:
    stream = io.StringIO()
    Progress(stream).done("nats", "ready after 0.1 s")
    assert stream.getvalue() == "  nats       ready after 0.1 s\n"


def test_a_terminal_gets_colours_unless_they_are_unwanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = Terminal()
    Progress(coloured).warn("careful")
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Terminal()
    Progress(plain).warn("careful")
    assert coloured.getvalue() == "\033[33mcareful\033[0m\n"
    assert plain.getvalue() == "careful\n"


def test_a_reader_that_went_away_is_no_reason_to_stop() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        progress = Progress(stream)
        progress.say("one")
        progress.say("two")
        assert os.readlink(f"/dev/fd/{stream.fileno()}") == os.devnull


async def test_a_long_wait_is_reported_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "REMINDER", 0.01)
    stream = io.StringIO()
    async with reminding(Progress(stream), "setup", lambda: "migrations"):
        async with asyncio.timeout(5):
            while stream.getvalue().count("\n") < 2:
                await asyncio.sleep(0)
    assert stream.getvalue().startswith("  setup      still waiting: migrations (0 s)\n  setup ")
