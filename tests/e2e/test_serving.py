"""Clients that know nothing of Kubernetes are served through the Service, by gateways without sticky sessions."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
import socketio

from tests.e2e.entrance import Entrance, list_pods
from tests.e2e.identity_provider import IdentityProvider
from tests.support.node import Node
from tests.support.rest import Rest
from tests.support.script import running

CROWD = 30
NO_ERRORS = {"connectErrors": 0, "engineErrors": 0, "upgradeErrors": 0, "disconnects": 0}
Sign = Callable[[str], str]


@pytest.fixture(params=["demo", "production"])
def entrance(request: pytest.FixtureRequest) -> Entrance:
    found: Entrance = request.getfixturevalue(f"{request.param}_entrance")
    return found


@pytest.fixture
def sign(entrance: Entrance, identity_provider: IdentityProvider) -> Sign:
    return entrance.cluster.print_token if entrance.cluster.name == "demo" else identity_provider.sign


def test_another_type_of_service_restarts_no_pod(entrance: Entrance) -> None:
    assert entrance.cluster.get("service", f"{entrance.cluster.name}-gateway")["spec"]["type"] == "NodePort"
    assert list_pods(entrance.cluster) == entrance.pods_before


async def test_the_official_client_receives_what_is_posted(entrance: Entrance, sign: Sign, node: Node) -> None:
    async with running(node, "follow.js", {"url": entrance.url, "token": sign("carol")}) as client:
        (greeting,) = await client.event("connected")
        assert greeting["userId"] == "carol"
        await client.event("notifications:pending")
        assert (await client.happening("upgrade"))["transport"] == "websocket"
        (placed,) = await Rest(entrance.url, sign("producer")).notify("carol", content="Zoë 🎺")
        shown, _ = await client.event("notification")
        assert (shown["id"], shown["content"]) == (placed["id"], "Zoë 🎺")
        assert not [line for line in client.lines if line["what"] in {"connect_error", "disconnect"}]


async def test_the_python_client_receives_what_is_posted(entrance: Entrance, sign: Sign) -> None:
    arrived: asyncio.Queue[tuple[str, tuple[Any, ...]]] = asyncio.Queue()
    client = socketio.AsyncClient(reconnection=False)
    client.on("*", lambda name, *values: arrived.put_nowait((name, values)))
    await client.connect(entrance.url, auth={"token": sign("dave")})
    try:
        async with asyncio.timeout(20):
            assert [(await arrived.get())[0] for _ in range(3)] == ["connected", "notifications:pending", "position"]
            await Rest(entrance.url, sign("producer")).notify("dave", content="Zoë 🎺")
            name, (shown, _) = await arrived.get()
            assert (name, shown["content"]) == ("notification", "Zoë 🎺")
    finally:
        await client.disconnect()


async def test_every_gateway_serves_and_none_fails_what_another_began(
    production_entrance: Entrance, identity_provider: IdentityProvider, node: Node
) -> None:
    entrance, users = production_entrance, [f"crowd-{number}" for number in range(CROWD)]
    argument = {"url": entrance.url, "tokens": list(map(identity_provider.sign, users)), "notifications": 1}
    async with running(node, "crowd.js", argument) as crowd:
        entered = await crowd.line(within=60)
        assert {name: entered[name] for name in NO_ERRORS} == NO_ERRORS
        assert entered["upgraded"] == CROWD
        assert entered["servers"].keys() == {pod["metadata"]["name"] for pod in entrance.cluster.pods("gateway")}
        await Rest(entrance.url, identity_provider.sign("producer")).notify(*users, content="for all")
        done = await crowd.line(within=60)
    assert {name: done[name] for name in NO_ERRORS} == NO_ERRORS
    assert done["received"] == [["for all"]] * CROWD
    print(f"{CROWD} stock clients connected through the Service and upgraded, none failed: {entered['servers']}")


async def test_the_demo_serves_its_page(demo_entrance: Entrance) -> None:
    async with aiohttp.ClientSession() as client, client.get(demo_entrance.url) as answer:
        assert answer.status == 200
        assert "<html" in await answer.text()


async def test_a_token_printed_in_a_pod_of_the_demo_is_worth_what_it_says(demo_entrance: Entrance) -> None:
    token = demo_entrance.cluster.print_token("erin")
    (placed,) = await Rest(demo_entrance.url, token).notify("erin")

    inbox = (await Rest(demo_entrance.url, token).list()).body

    assert [notification["id"] for notification in inbox["notifications"]] == [placed["id"]]
