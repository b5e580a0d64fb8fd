"""Who got a mail stops what it is about by its link, and by nothing else."""

import hashlib
import re
from base64 import b64encode
from html import unescape
from typing import Any

import aiohttp
import pytest

from notifications.domain.jobs import Channel
from notifications.domain.notification import UserKey
from notifications.domain.unsubscribe import PATH, Unsubscription, sign
from tests.integration.gateway.conftest import Act
from tests.support.rest import Answer, Rest
from tests.support.stack import Stack

PREFERENCES = "/api/notifications/preferences"
DEFAULTS = "/api/admin/preferences"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


class Link:
    """A link in a mail to a user."""

    def __init__(self, stack: Stack, user: str, type_: str = "like", tenant: str = "default") -> None:
        self._url = stack.url
        wish = Unsubscription(UserKey(tenant, user), type_, Channel.EMAIL)
        self.token = sign(wish, [stack.unsubscribe_key.encode()])

    async def request(self, method: str, **options: Any) -> Answer:
        """Send a request as somebody without a token of ours, nor any other header of Rest."""
        params = {"token": self.token}
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(30)) as client,
            client.request(method, self._url + PATH, params=params, **options) as answer,
        ):
            return Answer(answer.status, dict(answer.headers), await answer.read(), None)


@pytest.fixture
def link(stack: Stack, alice: str) -> Link:
    return Link(stack, alice)


async def list_preferences(user: Rest) -> list[dict[str, Any]]:
    answer = await user.request("GET", PREFERENCES)
    assert answer.status == 200
    entries: list[dict[str, Any]] = answer.body
    return entries


def entry(type_: str, **changes: object) -> dict[str, object]:
    return {
        "notificationType": type_, "channel": "email", "enabled": True, "frequency": "instant", "quietHours": None,
        "timeZone": "UTC", **changes,
    }  # fmt: skip


async def test_to_look_at_a_link_changes_nothing(link: Link, act: Act, alice: str) -> None:
    for method in ("GET", "HEAD", "GET"):
        assert (await link.request(method)).status == 200

    assert await list_preferences(act(alice)) == []


async def test_one_click_switches_the_type_off_by_mail(link: Link, act: Act, alice: str) -> None:
    assert (await link.request("POST", data=ONE_CLICK)).status == 200

    assert await list_preferences(act(alice)) == [entry("like", enabled=False)]


async def test_one_click_may_come_as_a_form_of_parts_and_again(link: Link, act: Act, alice: str) -> None:
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("List-Unsubscribe", "One-Click")
    assert (await link.request("POST", data=form)).status == 200
    assert (await link.request("POST")).status == 200

    assert await list_preferences(act(alice)) == [entry("like", enabled=False)]


async def test_the_page_asks_and_its_button_does_it(link: Link, act: Act, alice: str) -> None:
    page = (await link.request("GET")).raw.decode()
    assert "kind “like” by email?" in unescape(page)
    (form,) = re.findall(r"<form([^>]*)>", page)
    assert form.strip() == 'method="post"'
    (name, value) = re.findall(r'<button name="([^"]+)" value="([^"]+)">', page)[0]

    done = await link.request("POST", data={name: value})

    assert "You get no more" in done.raw.decode()
    assert [each["enabled"] for each in await list_preferences(act(alice))] == [False]


async def test_what_else_was_wished_for_stays(link: Link, act: Act, alice: str) -> None:
    quiet = {"start": "22:00", "end": "06:00"}
    like = entry("like", frequency="daily", quietHours=quiet, timeZone="Europe/Vienna")
    others = [entry("follow"), entry("like", channel="push")]
    await act(alice).request("PUT", PREFERENCES, json=[like, *others])

    await link.request("POST", data=ONE_CLICK)

    assert await list_preferences(act(alice)) == [others[0], {**like, "enabled": False}, others[1]]


async def test_the_link_of_a_digest_stops_all_that_goes_into_it(stack: Stack, act: Act, alice: str) -> None:
    await act(alice).request("PUT", PREFERENCES, json=[entry("follow"), entry("like", frequency="daily")])
    root = act("root", roles=["admin"], tenant=alice)
    await root.request("PUT", DEFAULTS, json=[entry("message", frequency="daily"), entry("mention")])

    page = await Link(stack, alice, "digest:daily").request("GET")
    assert "no more daily summaries by email?" in page.raw.decode()
    await Link(stack, alice, "digest:daily").request("POST")
    await Link(stack, "bob", "digest:daily", tenant=alice).request("POST")

    assert [(each["notificationType"], each["enabled"]) for each in await list_preferences(act(alice))] == [
        ("follow", True),
        ("like", False),
    ]
    (message,) = await list_preferences(act("bob", tenant=alice))
    assert (message["notificationType"], message["enabled"]) == ("message", False)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_link_that_is_not_ours_does_nothing_and_says_so(
    stack: Stack, act: Act, alice: str, method: str
) -> None:
    link = Link(stack, alice)
    whole = link.token
    foreign = sign(Unsubscription(UserKey("default", alice), "like", Channel.EMAIL), [b"x" * 32])
    swapped = Link(stack, f"{alice}-other").token[:22] + whole[22:]
    for token in ("", "x", whole[:-3], whole[5:], f"{whole}AA", foreign, swapped, "é", "x" * 5_000):
        link.token = token
        answer = await link.request(method)
        assert answer.status == 404
        assert "not complete" in answer.raw.decode()

    assert await list_preferences(act(alice)) == []


async def test_a_link_counts_for_its_own_tenant_only(stack: Stack, act: Act, alice: str) -> None:
    await Link(stack, alice, tenant="other").request("POST")

    assert await list_preferences(act(alice)) == []
    assert len(await list_preferences(act(alice, tenant="other"))) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_page_loads_runs_and_tells_nothing(stack: Stack, alice: str, method: str) -> None:
    link = Link(stack, alice)
    for token in (link.token, "forged"):
        link.token = token
        answer = await link.request(method)
        page = answer.raw.decode()

        (style,) = re.findall(r"<style>(.*)</style>", page, re.DOTALL)
        digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"default-src 'none'; style-src 'sha256-{digest}';" in answer.headers["Content-Security-Policy"]
        assert "'unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<script|src=|href=|style=", page)
        assert alice not in page
        assert token not in page


async def test_no_token_of_a_link_is_logged(stack: Stack, link: Link) -> None:
    await link.request("GET")
    await link.request("POST", data=ONE_CLICK)

    for name in stack.workloads:
        assert link.token not in stack.log(name)
