"""What one user sends appears in the other's column at once."""

from playwright.async_api import expect

from tests.browser.inbox_page import InboxPage, post
from tests.support.stack import Stack


async def test_what_alice_sends_shows_in_bobs_column(inbox: InboxPage) -> None:
    await inbox.alice.send("Lunch at noon?", priority="high")
    await inbox.bob.expect_once("Lunch at noon?")
    item = inbox.bob.items.first
    for words in ("Lunch at noon?", "New", "from Alice", "just now", "high"):
        await expect(item).to_contain_text(words)
    await inbox.bob.expect_unread("1")
    await inbox.alice.expect_unread("0")
    await expect(inbox.alice.root.get_by_text("Sent to Bob.")).to_be_visible()


async def test_everyone_is_both_of_them(inbox: InboxPage) -> None:
    await inbox.bob.send("To all of us", to="Everyone")
    await inbox.alice.expect_once("To all of us")
    await inbox.bob.expect_once("To all of us")


async def test_the_newest_stands_first(inbox: InboxPage, quiet_stack: Stack) -> None:
    for content in ("first of three", "second of three", "third of three"):
        await post(quiet_stack, "alice", content)
        await inbox.alice.expect_once(content)
    assert (await inbox.alice.contents())[:3] == ["third of three", "second of three", "first of three"]


async def test_a_notification_without_an_actor_is_shown_by_its_type(inbox: InboxPage, quiet_stack: Stack) -> None:
    await post(quiet_stack, "bob", "Order 7 is on its way", type="order.shipped")
    await expect(inbox.bob.item("Order 7 is on its way")).to_contain_text("order.shipped")


async def test_the_socket_is_a_websocket_of_the_page_itself(inbox: InboxPage) -> None:
    async with inbox.page.expect_websocket() as opened:
        await inbox.page.reload()
    assert "transport=websocket" in (await opened.value).url
    await inbox.expect_connected()


async def test_a_refusal_is_told_in_words_and_the_text_stays(inbox: InboxPage) -> None:
    message = inbox.alice.root.get_by_label("Message")
    await message.evaluate("field => field.removeAttribute('maxlength')")
    await message.evaluate("field => field.value = 'x'.repeat(16385)")
    await message.press("Enter")
    await expect(inbox.alice.trouble).to_contain_text("Not sent: content is longer than 16384 characters")
    assert len(await message.input_value()) == 16385
    await inbox.alice.send("shorter")
    await inbox.bob.expect_once("shorter")
    await expect(inbox.alice.trouble).to_be_empty()
