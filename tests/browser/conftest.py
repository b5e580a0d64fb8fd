"""The page in a browser, watched for scripts that fail and for requests that leave its own origin."""

import tempfile
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from pathlib import Path

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Response

from tests.browser.inbox_page import USERS, InboxPage, call, open_inbox
from tests.support.browser import SCREENSHOTS
from tests.support.stack import Stack


@pytest.fixture
async def quiet_stack(stack: Stack) -> Stack:
    """The session's stack, in which the demo users have read everything."""
    for user in USERS:
        await call(stack, user, "/api/notifications/read-all")
    return stack


@pytest.fixture
async def inbox(browser: Browser, quiet_stack: Stack) -> AsyncIterator[InboxPage]:
    """The page, connected; AssertionError afterwards if it misbehaved."""
    page = await browser.new_page()
    misdeeds = watch(page, quiet_stack.url)
    opened = InboxPage(page)
    await opened.load(quiet_stack.url)
    yield opened
    assert misdeeds == []


@pytest.fixture
async def private_inbox(browser: Browser, private_stack: Stack) -> InboxPage:
    """The page on a stack whose parts may be killed."""
    return await open_inbox(browser, private_stack)


@pytest.fixture(scope="session")
def lasting_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="demo-inbox-"))


@pytest.fixture
def screenshots(lasting_folder: Path, record_property: Callable[[str, object], None]) -> Path:
    """A folder whose pictures outlive the tests, and the next runs; the summary names it."""
    record_property(SCREENSHOTS, str(lasting_folder))
    return lasting_folder


def watch(page: Page, origin: str) -> list[str]:
    """Collect what a well-behaved page never does."""
    misdeeds: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        # Tests make requests fail on purpose; that a file of the page is missing shows in its answer
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            misdeeds.append(message.text)

    def on_response(answer: Response) -> None:
        if answer.status == HTTPStatus.NOT_FOUND:
            misdeeds.append(f"{answer.url} does not exist")

    def on_request(url: str) -> None:
        if not url.replace("ws://", "http://", 1).startswith(f"{origin}/"):
            misdeeds.append(f"request to {url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: misdeeds.append(str(error)))
    page.on("request", lambda request: on_request(request.url))
    page.on("response", on_response)
    page.on("websocket", lambda socket: on_request(socket.url))
    return misdeeds
