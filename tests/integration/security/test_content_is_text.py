"""Cross-site scripting, `escape_user_content` and `sanitize_html`: what is sent arrives as the text that it is."""

import pytest

from tests.integration.security.conftest import Act
from tests.support.device import join
from tests.support.rest import PATH
from tests.support.stack import Stack

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&lt;script&gt; &amp;amp;",
    "</script><svg/onload=alert(1)>",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    '"],["evil",{"a":"',
    "'; DROP TABLE notifications; --",
    "a\r\nSet-Cookie: evil=1\r\n\r\nb",
    "\u202e\u2028\u2029\ufeff\ud83d\ude08".encode("utf-16", "surrogatepass").decode("utf-16"),
]


@pytest.mark.parametrize("content", HOSTILE)
async def test_content_comes_as_it_was_sent_and_as_nothing_that_a_browser_would_run(
    stack: Stack, act: Act, tenant: str, content: str
) -> None:
    extras = {"actor": {"id": content, "name": content}, "metadata": {content: content}}
    async with join(stack.url, stack.token("alice", tenant)) as device:
        await act("producer", tenant).notify("alice", content=content, **extras)
        (live, _) = await device.expect("notification")
    answer = await act("alice", tenant).list()
    listed = answer.body["notifications"][0]
    for shown in (live, listed):
        assert shown["content"] == shown["actor"]["id"] == shown["actor"]["name"] == content
        assert shown["metadata"] == {content: content}
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("content", HOSTILE[:4])
async def test_what_a_refusal_repeats_is_no_page(act: Act, content: str) -> None:
    for answer in (
        await act("producer").post({"recipients": ["bob"], "type": content, "content": "", content: 1}),
        await act("producer").request("GET", PATH, params={"limit": content}),
        await act("producer").request("GET", f"/{content}"),
    ):
        assert answer.status in (400, 404)
        assert answer.headers["Content-Type"] == "application/problem+json; charset=utf-8"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_template_cannot_make_markup_of_content(act: Act, tenant: str) -> None:
    body = {
        "type": "message",
        "channel": "email",
        "parts": {"subject": "{{ notification.content }}", "text": "-", "html": "<p>{{ notification.content }}</p>"},
        "sample": {"content": HOSTILE[0]},
    }
    answer = await act("root", tenant, roles=["admin"]).request("POST", "/api/admin/templates/preview", json=body)
    assert answer.status == 200, answer
    assert answer.body["preview"]["html"] == "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"
