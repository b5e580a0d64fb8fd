"""The page can be used by keyboard and screen reader, in light and dark, and on a phone."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import ViewportSize, expect

from tests.browser.inbox_page import InboxPage, post
from tests.support.stack import Stack

DESK = ViewportSize(width=1200, height=800)
PHONE = ViewportSize(width=390, height=844)


async def test_a_message_is_written_and_sent_by_keyboard(inbox: InboxPage) -> None:
    message = inbox.alice.root.get_by_label("Message")
    await message.focus()
    await inbox.page.keyboard.type("first line")
    await inbox.page.keyboard.press("Shift+Enter")
    await inbox.page.keyboard.type("second line")
    await inbox.page.keyboard.press("Enter")
    await expect(inbox.bob.items.first.locator(".content")).to_have_js_property(
        "textContent", "first line\nsecond line"
    )
    await expect(message).to_be_focused()
    await expect(message).to_have_value("")


async def test_the_focus_goes_on_when_its_button_is_done(inbox: InboxPage, quiet_stack: Stack) -> None:
    for content in ("older of two", "newer of two"):
        await post(quiet_stack, "alice", content)
    newer, older = (inbox.alice.item(content).get_by_role("button") for content in ("newer of two", "older of two"))
    await newer.press("Enter")
    await expect(older).to_be_focused()
    await inbox.page.keyboard.press("Enter")
    await expect(inbox.alice.root.get_by_role("heading", name="Inbox")).to_be_focused()
    await inbox.alice.expect_unread("0")


async def test_an_arrival_is_announced_without_reading_the_list(inbox: InboxPage) -> None:
    await inbox.bob.send("Can you hear me?")
    announcement = inbox.alice.root.get_by_role("status").filter(has_text="New from Bob: Can you hear me?")
    await expect(announcement).to_be_attached()
    assert await inbox.alice.root.locator("[aria-live] .item, [role=status] .item, [role=log] .item").count() == 0


async def test_each_button_says_which_notification_it_marks(inbox: InboxPage, quiet_stack: Stack) -> None:
    await post(quiet_stack, "bob", "described by its content")
    button = inbox.bob.item("described by its content").get_by_role("button")
    await expect(button).to_have_accessible_description("described by its content")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desk", "phone"])
async def test_it_is_pictured(
    inbox: InboxPage, quiet_stack: Stack, screenshots: Path, scheme: Literal["light", "dark"], device: str
) -> None:
    await inbox.page.emulate_media(color_scheme=scheme)
    await inbox.page.set_viewport_size(PHONE if device == "phone" else DESK)
    await inbox.bob.send("The build is red again.", priority="critical")
    await post(quiet_stack, "alice", "W" * 120, priority="low")
    await inbox.alice.expect_unread("2")
    await inbox.page.evaluate("scrollTo(0, 0)")
    await inbox.page.screenshot(path=screenshots / f"{device}-{scheme}.png", animations="disabled")
    alice, bob = await inbox.alice.root.bounding_box(), await inbox.bob.root.bounding_box()
    assert alice
    assert bob
    stacked = bob["y"] >= alice["y"] + alice["height"]
    assert stacked == (device == "phone")
    background = await inbox.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert background == {"light": "rgb(243, 244, 248)", "dark": "rgb(18, 20, 26)"}[scheme]
