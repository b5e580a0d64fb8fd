"""An administrator says how the mails and push messages of a tenant read, and is told what is wrong with that."""

from typing import Any

import pytest

from notifications.domain.limits import MAX_TEMPLATE
from tests.integration.gateway.conftest import Act
from tests.support.rest import Answer, Rest

PATH = "/api/admin/templates"
MAIL = {"subject": "Hi {{ user.name }}", "text": "{{ notification.content }}", "html": "<p>{{ notification.html }}</p>"}
PUSH = {"title": "{{ notification.actor.name }}", "body": "{{ notification.content }}"}
DIGEST = {"subject": "{{ total }}, {{ period }}", "text": "{% for n in notifications %}{{ n.content }};{% endfor %}"}


@pytest.fixture
def root(act: Act, alice: str) -> Rest:
    """The administrator of a tenant of this test alone."""
    return act("root", roles=["admin"], tenant=alice)


async def put(root: Rest, name: str, parts: object, **more: object) -> Answer:
    return await root.request("PUT", f"{PATH}/{name}", json={"parts": parts, **more})


async def test_what_was_put_is_tried_kept_and_listed(root: Rest) -> None:
    answer = await put(root, "like/email/de-AT", MAIL, sample={"content": "<b>1</b>"})
    assert answer.status == 200
    assert answer.body["preview"] == {
        "subject": "Hi Robin Sample", "text": "<b>1</b>", "html": "<p>&lt;b&gt;1&lt;/b&gt;</p>",
    }  # fmt: skip
    assert (await put(root, "*/push/-", PUSH)).body["preview"] == {"title": "Alice", "body": "Alice liked your photo"}

    listed = (await root.request("GET", PATH)).body["templates"]
    assert [(each["type"], each["channel"], each["locale"]) for each in listed] == [
        ("*", "push", "-"),
        ("like", "email", "de-at"),
    ]
    assert listed[0]["updatedAt"].endswith("Z")
    assert (await root.request("GET", f"{PATH}/like/email/DE-at")).body == {"parts": MAIL}


async def test_a_digest_is_tried_with_several(root: Rest) -> None:
    answer = await put(root, "digest:weekly/email/-", DIGEST, sample={"content": "a"})
    assert answer.body["preview"] == {"subject": "3, weekly", "text": "a;a;a;"}


async def test_a_template_is_replaced_and_removed(root: Rest) -> None:
    await put(root, "like/push/-", PUSH)
    await put(root, "like/push/-", {**PUSH, "title": "new"})
    assert (await root.request("GET", f"{PATH}/like/push/-")).body["parts"]["title"] == "new"

    assert (await root.request("DELETE", f"{PATH}/like/push/-")).body == {"ok": True}
    for method in ("GET", "DELETE"):
        answer = await root.request(method, f"{PATH}/like/push/-")
        assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND")


async def test_a_preview_keeps_nothing(root: Rest) -> None:
    body = {
        "type": "like",
        "channel": "push",
        "parts": PUSH,
        "sample": {"content": "c", "actor": {"id": "b", "name": "B"}},
    }
    answer = await root.request("POST", f"{PATH}/preview", json=body)

    assert (answer.status, answer.body) == (200, {"preview": {"title": "B", "body": "c"}})
    assert (await root.request("GET", PATH)).body == {"templates": []}


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({**MAIL, "text": "a\n{{ notification.heading }}"}, "text, line 2: 'dict object' has no attribute 'heading'"),
        ({**MAIL, "html": "\n\n{% if %}"}, "html, line 3: Expected an expression"),
        ({**MAIL, "subject": "{{ user.__class__ }}"}, "subject, line 1: access to attribute '__class__'"),
        ({**MAIL, "subject": "{# nothing #}"}, "subject: nothing but blanks"),
        (
            {**MAIL, "text": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"},
            "too much",
        ),
        ({**MAIL, "text": "{{ 'a' * 10 ** 10 }}"}, "too much processor time or memory"),
        ({**MAIL, "text": "{{ notification.metadata.order }}"}, "has no attribute 'order'"),
    ],
)
async def test_what_nothing_comes_of_is_refused_with_its_line(root: Rest, parts: dict[str, str], told: str) -> None:
    for answer in (
        await put(root, "like/email/-", parts),
        await root.request("POST", f"{PATH}/preview", json={"type": "like", "channel": "email", "parts": parts}),
    ):
        assert (answer.status, answer.body["code"]) == (422, "INVALID")
        assert told in answer.body["detail"]
    assert (await root.request("GET", PATH)).body == {"templates": []}


async def test_a_sample_may_have_what_notifications_of_the_type_have(root: Rest) -> None:
    parts = {**MAIL, "text": "{{ notification.metadata.order }}"}
    assert (await put(root, "like/email/-", parts, sample={"metadata": {"order": 7}})).body["preview"]["text"] == "7"


@pytest.mark.parametrize(
    ("name", "parts", "told"),
    [
        ("Like/email/-", MAIL, "type"),
        ("digest:hourly/email/-", MAIL, "type"),
        ("like/websocket/-", MAIL, "channel"),
        ("like/pigeon/-", MAIL, "channel"),
        ("like/email/german!", MAIL, "locale"),
        ("like/email/-", PUSH, "needs subject and text"),
        ("like/push/-", {**PUSH, "html": "x"}, "has no html"),
        ("like/push/-", {**PUSH, "footer": "x"}, "footer"),
        ("like/push/-", {**PUSH, "body": 7}, "body"),
        ("like/push/-", {}, "needs body and title"),
    ],
)
async def test_what_is_no_template_is_refused(root: Rest, name: str, parts: dict[str, Any], told: str) -> None:
    answer = await put(root, name, parts)
    assert (answer.status, answer.body["code"]) == (400, "INVALID")
    assert told in answer.body["detail"]


async def test_a_template_has_a_longest_length(root: Rest) -> None:
    answer = await put(root, "like/push/-", {**PUSH, "body": "x" * (MAX_TEMPLATE + 1)})
    assert (answer.status, answer.body["code"]) == (413, "TOO_LARGE")


async def test_templates_are_for_administrators_of_their_tenant(root: Rest, act: Act, alice: str) -> None:
    await put(root, "like/push/-", PUSH)
    user, stranger = act("root", tenant=alice), act("root", roles=["admin"], tenant="elsewhere")
    preview = {"type": "like", "channel": "push", "parts": PUSH}
    for method, path, body in (
        ("GET", PATH, None),
        ("POST", f"{PATH}/preview", preview),
        ("GET", f"{PATH}/like/push/-", None),
        ("PUT", f"{PATH}/like/push/-", {"parts": PUSH}),
        ("DELETE", f"{PATH}/like/push/-", None),
    ):
        answer = await user.request(method, path, json=body)
        assert (answer.status, answer.body["code"]) == (403, "FORBIDDEN")

    assert (await stranger.request("GET", PATH)).body == {"templates": []}
    for method in ("GET", "DELETE"):
        assert (await stranger.request(method, f"{PATH}/like/push/-")).status == 404
    assert (await root.request("GET", f"{PATH}/like/push/-")).status == 200


async def test_html_is_tried_for_the_types_that_allow_it(root: Rest) -> None:
    answer = await put(root, "html/email/-", MAIL, sample={"content": "<b>1</b><script>2</script>"})
    assert answer.body["preview"]["html"] == "<p><b>1</b></p>"
    assert answer.body["preview"]["text"] == "1"
