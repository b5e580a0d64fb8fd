"""A headless Chromium of the system, for tests that look at pages as a person would."""

import os
import shutil
from collections.abc import AsyncIterator
from itertools import chain

import pytest
from playwright.async_api import Browser, async_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# It talks to nobody but the pages it opens
OPTIONS = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")

SCREENSHOTS = "screenshots of the demo inbox"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say where the pictures are, which the process of the summary learns from the reports of the tests."""
    reports = chain.from_iterable(terminalreporter.stats.values())
    for name, folder in sorted({told for report in reports for told in getattr(report, "user_properties", ())}):
        if name == SCREENSHOTS:
            terminalreporter.write_line(f"{name}: {folder}")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A Chromium without a window; the test is skipped, with the reason, where there is none."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("Chromium is not installed")
    try:
        playwright = await async_playwright().start()
    except Exception as error:  # it has no type of its own for a driver that does not start
        pytest.skip(f"Playwright does not start ({error}); on Debian it needs libatomic1")
    # Chromium's own sandbox refuses to start under root, and the pages it opens here are ours.
    started = await playwright.chromium.launch(executable_path=program, chromium_sandbox=os.geteuid() != 0)
    yield started
    await started.close()
    await playwright.stop()
