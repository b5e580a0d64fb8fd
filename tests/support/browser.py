"""A headless Chromium of the system, for tests that look at pages as a person would."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# It talks to nobody but the pages it opens
OPTIONS = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")


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
