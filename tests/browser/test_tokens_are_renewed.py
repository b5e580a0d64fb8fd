"""The page never asks a person for anything because a token ran out."""

import json
import time

import pytest
from playwright.async_api import Browser, Route, expect

from tests.browser.inbox_page import TENANT, USERS, InboxPage
from tests.support.stack import Stack


@pytest.mark.parametrize(
    "seconds", [pytest.param(-60, id="expired"), pytest.param(3, id="about-to-expire", marks=pytest.mark.slow)]
)
async def test_an_expired_token_is_replaced(browser: Browser, stack: Stack, seconds: int) -> None:
    inbox, handed_out = InboxPage(await browser.new_page()), 0

    async def hand_out_old_tokens(route: Route) -> None:
        nonlocal handed_out
        handed_out += 1
        if handed_out > 1 + len(USERS):  # one look at who the users are, and one handshake each
            await route.continue_()
            return
        expiry = int(time.time()) + seconds
        users = [{"user": user, "token": stack.token(user, TENANT, exp=expiry)} for user in USERS]
        await route.fulfill(body=json.dumps({"users": users}), content_type="application/json")

    await inbox.page.route("**/demo/tokens", hand_out_old_tokens)
    await inbox.page.goto(stack.url)
    reconnecting = inbox.alice.root.locator("[data-state=reconnecting]")
    await reconnecting.wait_for(timeout=20_000)
    await inbox.expect_connected()
    await inbox.bob.send(f"by a new token {seconds}")
    await inbox.alice.expect_once(f"by a new token {seconds}")
    await expect(inbox.alice.trouble).to_be_empty()
