"""The stack of the tests is the real system: it delivers, and goes on after any part was killed and started again."""

from typing import Any

import aiohttp
import pytest
import socketio

from tests.support.stack import Stack
from tests.support.waiting import eventually


async def post(stack: Stack, content: str) -> int:
    body = {"recipients": ["erin"], "type": "mention", "content": content}
    headers = {"Authorization": f"Bearer {stack.token('producer')}"}
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{stack.url}/api/notifications", json=body, headers=headers) as answer,
    ):
        return answer.status


async def test_what_is_posted_reaches_a_socket(stack: Stack) -> None:
    shown: list[Any] = []
    async with socketio.AsyncSimpleClient() as client:
        await client.connect(stack.url, auth={"token": stack.token("erin")})
        while (await client.receive(timeout=10))[0] != "notifications:pending":
            pass  # what is posted before may be among what is pending
        assert await post(stack, "hello") == 201
        while not shown:
            name, body, *_ = await client.receive(timeout=10)
            shown += [body["content"]] if name == "notification" else []
    assert shown == ["hello"]


@pytest.mark.parametrize("name", ["gateway-0", "worker-0", "nats", "postgres"])
async def test_a_killed_part_comes_back(private_stack: Stack, name: str) -> None:
    await private_stack.kill(name)
    await private_stack.start(name)

    async def is_accepted() -> bool:
        return await post(private_stack, name) == 201

    assert await eventually(is_accepted, within=15, what=f"a 201 after {name} was killed")


async def test_a_stopped_gateway_exits_with_0(private_stack: Stack) -> None:
    await private_stack.stop("gateway-0")
    assert await post(private_stack, "to the other one") == 201
