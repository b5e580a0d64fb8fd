"""A socket that does not read is shown the rest when it does, and holds up nobody at either gateway."""

import json
from functools import partial
from typing import Any

import pytest

from notifications.domain.limits import MAX_TOPIC_MESSAGE, OUTBOUND_CAP
from tests.integration.gateway.lone_gateway import LoneGateway
from tests.integration.limits.conftest import open_slow
from tests.support.device import Device, join
from tests.support.frames import FrameClient
from tests.support.rest import Rest
from tests.support.stack import Stack

SYSTEM = 5 * OUTBOUND_CAP
"""More than Linux keeps of what was written to a socket and is not read."""
SAID = (SYSTEM + 3 * OUTBOUND_CAP) // MAX_TOPIC_MESSAGE
PADDING = "x" * (MAX_TOPIC_MESSAGE - 500)
Event = list[Any]


async def enter(client: FrameClient, token: str, topic: str) -> None:
    client.send("40" + json.dumps({"token": token}))
    client.send("421" + json.dumps(["topic:subscribe", topic]))
    while not (await client.message()).startswith("431"):
        pass


async def say(speaker: Rest, topic: str) -> None:
    for number in range(SAID):
        body = {"payload": [number, PADDING]}
        assert (await speaker.request("POST", f"/api/topics/{topic}/messages", json=body)).status == 201


async def read_all(client: FrameClient) -> list[Event]:
    """What came up to the last message."""
    events: list[Event] = []
    while SAID - 1 not in numbers(events):
        text = await client.message(within=10)
        if text.startswith("42"):
            events.append(json.loads(text[2:]))
    return events


def has_heard_all(device: Device) -> bool:
    return SAID - 1 in numbers(device.events)


def numbers(events: list[Event]) -> list[int]:
    return [event[1]["payload"][0] for event in events if event[0] == "topic:message"]


@pytest.mark.parametrize("topic", ["orders.slow", "prices.slow"])
async def test_nobody_waits_for_who_does_not_read_and_who_is_shown_what_its_family_says(
    stack: Stack, narrow: list[LoneGateway], topic: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (gateway.url for gateway in narrow)
    async with (
        open_slow(first) as slow,
        join(first, stack.token("quick")) as here,
        join(second, stack.token("quick")) as there,
    ):
        await enter(slow, stack.token("slow"), topic)
        for device in (here, there):
            assert (await device.call("topic:subscribe", topic))["ok"]
        await say(Rest(second, stack.token("producer")), topic)
        for device in (here, there):
            await device.until(partial(has_heard_all, device), "the last message")
            assert numbers(device.events) == list(range(SAID))
        events = await read_all(slow)
    shown = numbers(events)
    assert shown == sorted(set(shown)), "doubled or out of order"
    assert any(event[1].get("replayed") for event in events if event[0] == "topic:message"), "it was never full"
    gaps = [event[1] for event in events if event[0] == "topic:gap"]
    if topic.startswith("orders"):
        assert (len(shown), gaps) == (SAID, [])
    else:
        assert (len(shown) < SAID, gaps) == (True, [{"topic": topic, "reason": "slow"}])
    with capsys.disabled():
        print(f"\na slow socket was shown {len(shown)} of {SAID} messages of 32 KiB in {topic}")
