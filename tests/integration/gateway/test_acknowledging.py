"""A device that acknowledges by cursor decides itself what counts as delivered; one that never does is believed."""

import asyncio

import pytest

from notifications.domain.cursor import Cursor, decode, encode
from tests.integration.gateway.conftest import Act, Query
from tests.support.device import join
from tests.support.stack import Stack
from tests.support.waiting import eventually

ACK = "notifications:ack"


async def count_delivered(query: Query, user: str) -> int:
    sql = f"SELECT count(delivered_at) FROM notifications WHERE recipient_id = '{user}'"
    return int(await asyncio.to_thread(query, sql))


async def expect_delivered(query: Query, user: str, count: int) -> None:
    async def is_so() -> bool:
        return await count_delivered(query, user) == count

    await eventually(is_so, what=f"{count} delivered to {user}")


async def test_what_a_stock_client_is_sent_counts_as_delivered(
    stack: Stack, act: Act, query: Query, alice: str
) -> None:
    async with join(stack.url, stack.token(alice)) as device:
        await act("producer").notify(alice)
        await device.expect("notification")
        await expect_delivered(query, alice, 1)


async def test_who_acknowledged_the_greeting_and_falls_silent_leaves_what_comes_undelivered(
    stack: Stack, act: Act, query: Query, alice: str, bob: str
) -> None:
    async with join(stack.internal_url("gateway-0"), stack.token(alice)) as silent:
        greeting = silent.events[0][1]
        assert (await silent.call(ACK, {"cursor": greeting["cursor"]})) == {"ok": True}
        await act("producer").notify(alice)
        await silent.expect("notification")
        # The gateway writes marks in the order in which they arise: once a later one is written, this one would be too
        async with join(stack.internal_url("gateway-0"), stack.token(bob)) as witness:
            await act("producer").notify(bob)
            await witness.expect("notification")
            await expect_delivered(query, bob, 1)
    assert await count_delivered(query, alice) == 0


async def test_what_is_acknowledged_counts_as_delivered_and_what_came_later_does_not(
    stack: Stack, act: Act, query: Query, alice: str
) -> None:
    async with join(stack.url, stack.token(alice)) as device:
        await device.call(ACK, {"cursor": device.cursor})
        for number in range(3):
            await act("producer").notify(alice, content=str(number))
        cursors = [(await device.expect("notification"))[-1] for _ in range(3)]
        await device.call(ACK, {"cursor": cursors[1]})
        await expect_delivered(query, alice, 2)
        await device.call(ACK, {"cursor": cursors[2]})
        await expect_delivered(query, alice, 3)


async def test_what_was_pending_is_delivered_when_the_greeting_is_acknowledged(
    stack: Stack, act: Act, query: Query, alice: str
) -> None:
    for _ in range(2):
        await act("producer").notify(alice)
    async with join(stack.url, stack.token(alice)) as device:
        await device.call(ACK, {"cursor": device.cursor})
        await expect_delivered(query, alice, 2)


async def test_what_was_got_by_asking_may_be_acknowledged(stack: Stack, act: Act, query: Query, alice: str) -> None:
    async with join(stack.url, stack.token(alice)) as device:
        begun = device.cursor
        await device.call(ACK, {"cursor": begun})
        await act("producer").notify(alice)
        answer = await device.call("notifications:sync", {"since": begun})
        assert (await device.call(ACK, {"cursor": answer["cursor"]})) == {"ok": True}
        await expect_delivered(query, alice, 1)


async def test_a_cursor_that_is_not_of_this_inbox_is_invalid(stack: Stack, act: Act, alice: str) -> None:
    await act("producer").notify(alice)
    async with join(stack.url, stack.token(alice)) as device:
        own = decode(device.cursor or "")
        wrong = {
            "ahead": encode(Cursor(own.inbox_epoch, own.inbox_seq + 1)),
            "far ahead": encode(Cursor(own.inbox_epoch, 2**64 - 1)),
            "another life": encode(Cursor(own.inbox_epoch ^ 1, own.inbox_seq)),
            "junk": "junk",
            "too long": "A" * 200,
        }
        for name, cursor in wrong.items():
            answer = await device.call(ACK, {"cursor": cursor})
            assert (answer["ok"], answer["error"]["code"]) == (False, "INVALID"), name


@pytest.mark.parametrize("arguments", [[], [None], ["x"], [{}], [{"cursor": 1}], [{"cursor": None}], [{}, {}]], ids=str)
async def test_an_acknowledgement_that_makes_no_sense_is_invalid(
    stack: Stack, alice: str, arguments: list[object]
) -> None:
    async with join(stack.url, stack.token(alice)) as device:
        assert (await device.call(ACK, *arguments))["error"]["code"] == "INVALID"


async def test_the_greeting_says_that_acknowledgements_are_understood(stack: Stack, alice: str) -> None:
    async with join(stack.url, stack.token(alice)) as device:
        assert "ack" in device.events[0][1]["capabilities"]
