"""Two hundred stock clients in their default options share two gateways on one port, and not one handshake fails."""

import asyncio

from tests.support.node import Node
from tests.support.rest import Rest
from tests.support.script import running
from tests.support.stack import Stack

CLIENTS = 200
NO_ERRORS = {"connectErrors": 0, "engineErrors": 0, "upgradeErrors": 0, "disconnects": 0}


async def test_all_connect_upgrade_and_receive_their_own(stack: Stack, node: Node, producer: Rest) -> None:
    users = [f"crowd-{number}" for number in range(CLIENTS)]
    argument = {"url": stack.url, "tokens": [stack.token(user) for user in users], "notifications": 2}
    async with running(node, "crowd.js", argument) as crowd:
        entered = await crowd.line(within=60)
        assert {name: entered[name] for name in NO_ERRORS} == NO_ERRORS
        assert (entered["connected"], entered["upgraded"]) == (CLIENTS, CLIENTS)
        assert sorted(entered["servers"]) == ["gateway-0", "gateway-1"]
        print(f"{CLIENTS} stock clients connected and upgraded, none failed: {entered['servers']}")
        await producer.notify(*users, content="for all")
        await asyncio.gather(*(producer.notify(user, content=f"for {user}") for user in users))
        done = await crowd.line(within=60)
    assert {name: done[name] for name in NO_ERRORS} == NO_ERRORS
    assert done["received"] == [["for all", f"for {user}"] for user in users]
