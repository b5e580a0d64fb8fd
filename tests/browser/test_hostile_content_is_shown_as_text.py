"""Whatever is sent is text on the page: it runs nothing, moves nothing and breaks no layout."""

from playwright.async_api import expect

from tests.browser.inbox_page import InboxPage, post
from tests.support.stack import Stack

PHONE = 360
TALLEST = 400

CONTENTS = {
    "script": "<script>document.title = 'broken'</script>",
    "image": "<img src=x onerror=\"document.title = 'broken'\">",
    "entity": "&lt;b&gt; &amp;amp; &#x3c;",
    "template": "${document.title='broken'} {{7*7}}",
    "long word": "W" * 2000,
    "many lines": "line\n" * 200 + "end",
    "right to left": "\u202eמרחבא txt.exe \u2067 مرحبا",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈🇪🇺",
    "marks": "z" + "\u0335\u0336\u0300\u0301" * 100,
    "controls": "bell \x07 and escape \x1b[31m",
}


async def test_nothing_hostile_is_more_than_text(inbox: InboxPage, quiet_stack: Stack) -> None:
    await inbox.page.set_viewport_size({"width": PHONE, "height": 800})
    for name, content in CONTENTS.items():
        actor = {"id": content[:128], "name": content[:128]}
        await post(quiet_stack, "bob", content, actor=actor)
        item = inbox.bob.items.first
        await expect(item.locator(".content"), name).to_have_js_property("textContent", content)
        await expect(item.locator(".from bdi"), name).to_have_js_property("textContent", content[:128])
        assert await item.locator(".content *, .from bdi *").count() == 0, name
        assert await inbox.page.evaluate("document.scrollingElement.scrollWidth") <= PHONE, name
        assert await item.evaluate("element => element.offsetHeight") < TALLEST, name
    assert await inbox.page.title() == "Demo inbox"
