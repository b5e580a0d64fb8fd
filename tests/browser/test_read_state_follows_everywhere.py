"""What is read in one tab is read in every other tab of the same user, and after a reload."""

from playwright.async_api import Browser, expect

from tests.browser.inbox_page import InboxPage, open_inbox, post
from tests.support.stack import Stack


async def test_one_marked_read_in_one_tab_is_read_in_the_other(
    inbox: InboxPage, browser: Browser, quiet_stack: Stack
) -> None:
    other = await open_inbox(browser, quiet_stack)
    await post(quiet_stack, "alice", "read me")
    await post(quiet_stack, "alice", "leave me")
    await inbox.alice.item("read me").get_by_role("button", name="Mark read").click()
    for tab in (inbox, other):
        await tab.alice.expect_unread("1")
        await expect(tab.alice.item("read me").get_by_text("New")).to_be_hidden()
        await expect(tab.alice.item("leave me").get_by_text("New")).to_be_visible()


async def test_all_marked_read_in_one_tab_are_read_in_the_other(
    inbox: InboxPage, browser: Browser, quiet_stack: Stack
) -> None:
    other = await open_inbox(browser, quiet_stack)
    for number in range(3):
        await post(quiet_stack, "bob", f"one of many {number}")
    await other.bob.expect_unread("3")
    await inbox.bob.root.get_by_role("button", name="Mark all read").click()
    for tab in (inbox, other):
        await tab.bob.expect_unread("0")
        await tab.bob.expect_nothing_new()
        await expect(tab.bob.root.get_by_role("button", name="Mark all read")).to_be_disabled()


async def test_a_reload_shows_what_is_unread_and_what_was_read(inbox: InboxPage, quiet_stack: Stack) -> None:
    await post(quiet_stack, "bob", "read before the reload")
    await inbox.bob.item("read before the reload").get_by_role("button", name="Mark read").click()
    await inbox.bob.expect_unread("0")
    await post(quiet_stack, "bob", "unread at the reload")
    await inbox.bob.expect_once("unread at the reload")
    await inbox.page.reload()
    await inbox.bob.expect_once("unread at the reload")
    await inbox.bob.expect_once("read before the reload")
    await inbox.bob.expect_unread("1")


async def test_more_than_is_pending_is_counted_as_such_and_loaded_page_by_page(
    inbox: InboxPage, quiet_stack: Stack
) -> None:
    sent = [f"number {number:02} of a long list" for number in range(55)]
    for content in sent:
        await post(quiet_stack, "alice", content)
    await inbox.page.reload()
    await inbox.alice.expect_unread("50+")
    await inbox.alice.root.get_by_role("button", name="Mark all read").click()
    await inbox.alice.expect_unread("0")
    await inbox.alice.expect_nothing_new()
    await inbox.page.reload()
    await expect(inbox.alice.items).to_have_count(20)
    for shown in (40, 60):
        await inbox.alice.root.get_by_role("button", name="Load more").click()
        await expect(inbox.alice.items.nth(min(shown, len(sent)) - 1)).to_be_attached()
    assert (await inbox.alice.contents())[: len(sent)] == sent[::-1]
