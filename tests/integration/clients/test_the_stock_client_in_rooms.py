"""The official client hears rooms and broadcasts, and what it missed of rooms while its connection was lost."""

from typing import Any

import pytest

from tests.support.device import Device, join
from tests.support.node import Node
from tests.support.rest import Rest
from tests.support.script import Script, running
from tests.support.stack import Stack


async def say(speaker: Device, room: str, payload: str) -> None:
    assert (await speaker.call("room:send", {"room": room, "payload": payload}))["ok"]


def heard(client: Script) -> list[tuple[str, bool]]:
    """Every raw arrival in rooms, and whether it came as a replay."""
    said: list[dict[str, Any]] = [line["values"][0] for line in client.lines if line.get("name") == "room:message"]
    return [(message["payload"], message.get("replayed", False)) for message in said]


@pytest.mark.parametrize("transports", [["websocket"], ["polling"]], ids="+".join)
async def test_a_lost_connection_costs_it_nothing_that_was_said(
    stack: Stack, node: Node, carol: str, transports: list[str]
) -> None:
    room, token = f"group:{carol}", stack.token(carol, scope="", groups=[carol])
    options = {"transports": transports, "reconnectionDelay": 200, "reconnectionDelayMax": 500}
    async with (
        join(stack.internal_url("gateway-1"), stack.token("speaker", groups=[carol])) as speaker,
        running(node, "follow.js", {"url": stack.url, "token": token, "options": options}) as client,
    ):
        assert not (await client.happening("connect")).get("recovered")
        assert (await client.emit("room:join", room))["ok"]
        await say(speaker, room, "live")
        assert (await client.event("room:message"))[0]["from"] == "speaker"
        client.tell("cut")
        await client.happening("disconnect")
        await say(speaker, room, "missed")
        assert (await client.happening("connect"))["recovered"]
        await client.event("room:message")
        await say(speaker, room, "again")
        await client.event("room:message")
        assert [payload for payload, _ in heard(client)] == ["live", "missed", "again"]
        assert heard(client)[:2] == [("live", False), ("missed", True)]


async def test_it_is_shown_broadcasts_under_their_own_names(stack: Stack, node: Node, carol: str) -> None:
    caller = Rest(stack.url, stack.token(f"caller-{carol}"))
    token = stack.token(carol, scope="", groups=[carol])
    async with running(node, "follow.js", {"url": stack.url, "token": token}) as client:
        await client.event("connected")
        assert (await client.emit("room:join", f"group:{carol}"))["ok"]
        for to in ({"user": carol}, {"room": f"group:{carol}"}):
            body = {"event": "news:breaking", "payload": to, "to": to}
            assert (await caller.request("POST", "/api/broadcasts", json=body)).body["delivered"] == 1
            assert await client.event("news:breaking") == [to]
