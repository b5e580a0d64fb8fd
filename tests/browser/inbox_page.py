"""The demo inbox as a person meets it: by its labels, buttons and words."""

from dataclasses import dataclass
from typing import Any

import aiohttp
from playwright.async_api import Browser, Locator, Page, expect

from tests.support.stack import Stack

TENANT = "demo"
USERS = ("alice", "bob")
PATIENCE = 15_000.0  # ms in which the page has to show what is expected of it


@dataclass(frozen=True, slots=True)
class Column:
    """One user's half of the page."""

    root: Locator

    @property
    def items(self) -> Locator:
        return self.root.get_by_role("listitem")

    @property
    def connection(self) -> Locator:
        return self.root.locator(".connection")

    @property
    def trouble(self) -> Locator:
        return self.root.get_by_role("alert")

    def item(self, content: str) -> Locator:
        """The item that holds this text."""
        return self.items.filter(has_text=content)

    async def send(self, content: str, *, to: str | None = None, priority: str | None = None) -> None:
        """Fill the send box and press its button."""
        await self.root.get_by_label("Message").fill(content)
        if to:
            await self.root.get_by_label("To").select_option(label=to)
        if priority:
            await self.root.get_by_label("Priority").select_option(priority)
        await self.root.get_by_role("button", name="Send").click()

    async def contents(self) -> list[str]:
        """What the items say, as they stand on the page."""
        return await self.items.locator(".content").all_text_contents()

    async def expect_unread(self, count: str) -> None:
        await expect(self.root.locator(".unread > .count")).to_have_text(count, timeout=PATIENCE)

    async def expect_nothing_new(self) -> None:
        """Wait until every item shows that it was read."""
        await expect(self.items.locator(".mark >> visible=true")).to_have_count(0, timeout=PATIENCE)

    async def expect_connected(self, gateway: str = "gateway-") -> None:
        await expect(self.connection).to_contain_text(f"Connected to {gateway}", timeout=PATIENCE)

    async def expect_once(self, content: str) -> None:
        """Wait for an item with exactly this text; there may be one only."""
        await expect(self.item(content)).to_have_count(1, timeout=PATIENCE)
        assert (await self.contents()).count(content) == 1

    async def gateway(self) -> str:
        """The gateway that holds the user's socket."""
        return await self.connection.locator(".server").text_content() or ""


@dataclass(frozen=True, slots=True)
class InboxPage:
    """A tab with both columns."""

    page: Page

    def column(self, user: str) -> Column:
        return Column(self.page.get_by_role("region", name=user, exact=True))

    @property
    def alice(self) -> Column:
        return self.column("Alice")

    @property
    def bob(self) -> Column:
        return self.column("Bob")

    async def load(self, url: str) -> None:
        """Open the page and wait until both users are connected."""
        await self.page.goto(url)
        await self.expect_connected()

    async def expect_connected(self) -> None:
        for column in (self.alice, self.bob):
            await column.expect_connected()


async def open_inbox(browser: Browser, stack: Stack) -> InboxPage:
    """Open the page in a tab of its own."""
    inbox = InboxPage(await browser.new_page())
    await inbox.load(stack.url)
    return inbox


async def post(stack: Stack, user: str, content: str, **more: Any) -> None:
    """Send a notification to a demo user as a producer elsewhere would."""
    body = {"recipients": [user], "type": "message", "content": content, **more}
    await call(stack, "producer", "/api/notifications", body)


async def call(stack: Stack, user: str, path: str, body: object = None, method: str = "POST") -> Any:
    """Ask the REST API in the name of a user of the demo tenant and return what it answers."""
    headers = {"Authorization": f"Bearer {stack.token(user, TENANT)}"}
    async with (
        aiohttp.ClientSession(stack.url, headers=headers) as client,
        client.request(method, path, json=body) as answer,
    ):
        assert answer.status < 300, await answer.text()
        return await answer.json()
