"""Gateways die, move and lose answers under the page: what was sent appears exactly once."""

import asyncio
import json

import jwt
import pytest
from playwright.async_api import Route

from tests.browser.inbox_page import InboxPage, call, post
from tests.support.stack import Stack
from tests.support.workload import command

CONNECT = "40"  # how Engine.IO and Socket.IO number the packet that opens a session


async def test_what_was_sent_while_a_gateway_was_dead_appears_once(
    private_inbox: InboxPage, private_stack: Stack
) -> None:
    await post(private_stack, "bob", "before")
    await private_inbox.bob.expect_once("before")
    await private_stack.kill(await private_inbox.bob.gateway())
    for number in range(5):
        await post(private_stack, "bob", f"meanwhile {number}")
    await private_inbox.expect_connected()
    await private_inbox.bob.expect_once("meanwhile 4")
    assert await private_inbox.bob.contents() == [*(f"meanwhile {number}" for number in range(4, -1, -1)), "before"]
    await private_inbox.bob.expect_unread("6")


async def test_a_reconnect_presents_the_cursor_of_what_was_shown_last(
    private_inbox: InboxPage, private_stack: Stack
) -> None:
    presented: list[str] = []

    def on_packet(packet: str | bytes | None) -> None:
        if isinstance(packet, str) and packet.startswith(CONNECT):
            auth = json.loads(packet.removeprefix(CONNECT))
            user = jwt.decode(auth["token"], options={"verify_signature": False})["sub"]
            presented.extend([auth["cursor"]] if user == "bob" else [])

    # The token is fetched while the upgrade is probed: either transport may be the one that opens the session
    private_inbox.page.on("request", lambda request: on_packet(request.post_data))
    private_inbox.page.on("websocket", lambda websocket: websocket.on("framesent", on_packet))
    for content in ("shown first", "shown last"):
        await post(private_stack, "bob", content)
        await private_inbox.bob.expect_once(content)
    await private_stack.kill(await private_inbox.bob.gateway())
    await private_inbox.bob.root.locator("[data-state=reconnecting]").wait_for()
    await post(private_stack, "bob", "not shown yet")
    await private_inbox.bob.expect_once("not shown yet")
    missed = await call(private_stack, "bob", f"/api/notifications?after={presented[-1]}", method="GET")
    assert [notification["content"] for notification in missed["notifications"]] == ["not shown yet"]


async def test_what_is_sent_from_the_page_without_any_gateway_arrives_once(
    private_inbox: InboxPage, private_stack: Stack
) -> None:
    gateways = ("gateway-0", "gateway-1")
    await asyncio.gather(*map(private_stack.kill, gateways))
    await private_inbox.alice.send("into the void")
    await private_inbox.alice.root.get_by_text("Trying again").wait_for()
    await asyncio.gather(*map(private_stack.start, gateways))
    await private_inbox.expect_connected()
    await private_inbox.bob.expect_once("into the void")


@pytest.mark.slow
async def test_clients_of_a_gateway_that_is_stopped_move_to_the_other(
    private_inbox: InboxPage, private_stack: Stack
) -> None:
    leaving = await private_inbox.bob.gateway()
    staying = {"gateway-0": "gateway-1", "gateway-1": "gateway-0"}[leaving]
    moves = private_inbox.page.wait_for_selector("[data-state=moving] >> text=Moving to another gateway")
    await asyncio.gather(private_stack.stop(leaving), moves)
    await private_inbox.bob.expect_connected(staying)
    await post(private_stack, "bob", "after the move")
    await private_inbox.bob.expect_once("after the move")


async def test_an_inbox_that_was_restored_is_loaded_anew(private_inbox: InboxPage, private_stack: Stack) -> None:
    await post(private_stack, "alice", "kept by the restore")
    await private_inbox.alice.expect_once("kept by the restore")
    words = command("setup", "--new-inbox-epoch", "--config", str(private_stack.config("worker")))
    setup = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.DEVNULL)
    assert await setup.wait() == 0
    await private_stack.kill(await private_inbox.alice.gateway())
    await private_inbox.alice.root.get_by_text("The inbox was loaded anew.").wait_for()
    await private_inbox.alice.expect_once("kept by the restore")
    await private_inbox.alice.expect_unread("1")


@pytest.mark.parametrize("failure", ["lost answer", "503"])
async def test_a_send_is_repeated_under_the_same_key(inbox: InboxPage, failure: str) -> None:
    keys: list[str] = []

    async def fail_once(route: Route) -> None:
        keys.append(await route.request.header_value("Idempotency-Key") or "")
        if len(keys) > 1:
            await route.continue_()
        elif failure == "503":
            await route.fulfill(status=503, headers={"Retry-After": "1"}, body="{}")
        else:
            await route.fetch()  # the gateway accepts it, and nobody hears of that
            await route.abort("connectionreset")

    await inbox.page.route("**/api/notifications", fail_once)
    await inbox.alice.send(f"once in spite of a {failure}")
    await inbox.bob.expect_once(f"once in spite of a {failure}")
    await inbox.alice.root.get_by_text("Sent to Bob.").wait_for()
    assert len(keys) == 2
    assert len(keys[0]) == 32
    assert keys[0] == keys[1]
    await inbox.bob.expect_once(f"once in spite of a {failure}")
