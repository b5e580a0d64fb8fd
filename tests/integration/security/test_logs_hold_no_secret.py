"""Tokens, addresses and content are never logged, whatever becomes of them."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.device import dial, join
from tests.support.rest import PATH, Rest
from tests.support.stack import Stack, run_stack

MAIL, CONTENT, NAME = "marker.of.alice@mail.example", "marker-of-content", "Marker Of Name"
DEVICE, HOOK, JTI, KEY = (
    "marker-of-device" * 4,
    "https://hooks.example/marker-of-hook",
    "marker-of-jti",
    "marker-of-key",
)
SECRETS = [MAIL, CONTENT, NAME, DEVICE, HOOK, JTI, KEY]


@pytest.fixture
async def own_stack(tmp_path: Path) -> AsyncIterator[Stack]:
    """Two gateways and a worker whose logs hold what happened here and nothing else."""
    async with run_stack(tmp_path) as stack:
        yield stack


async def live(stack: Stack, tokens: list[str]) -> None:
    """Do everything that brings secrets in: in order, by mistake, in the wrong place, and while servers are away."""
    good, forged, root = tokens
    producer = Rest(stack.url, good)
    card = {"email": MAIL, "name": NAME, "webhook": HOOK}
    await producer.request("PUT", "/api/users/alice", json=card)
    await producer.request("PUT", "/api/users/alice", json={**card, "email": f"{MAIL}\n", "surprise": NAME})
    for body in ({"kind": "fcm", "token": DEVICE}, {"kind": "apns", "token": DEVICE}, {"kind": DEVICE, "token": 7}):
        await producer.request("POST", "/api/devices", json=body)
    hello = {"recipients": ["alice"], "type": "message", "content": CONTENT, "channels": ["email", "push", "webhook"]}
    assert (await producer.post(hello, key=KEY)).status == 201
    assert (await producer.post({**hello, "content": f"{CONTENT}!"}, key=KEY)).status == 422
    assert (await producer.post({**hello, CONTENT: CONTENT})).status == 400
    await Rest(stack.url, root).request("POST", "/api/admin/revocations", json={"jti": JTI})
    for path in (f"{PATH}?after={good}", f"{PATH}/{good}/read", f"/{good}", f"/api/unsubscribe?token={good}"):
        await producer.request("GET", path)
    await Rest(stack.url, forged).list()
    for gateway in ("gateway-0", "gateway-1"):
        async with join(stack.internal_url(gateway), good) as device:
            await device.emit(good, CONTENT)
            await device.call("notification:read", CONTENT)
            await device.transport.send(f"4{good}")
        async with dial(stack.internal_url(gateway)) as device:
            await device.connect(forged)
            await device.refusal()
        async with dial(f"{stack.internal_url(gateway)}") as device:
            await device.connect(stack.token("alice", jti=JTI))


async def test_a_run_with_secrets_everywhere_logs_none_of_them(own_stack: Stack) -> None:
    stack = own_stack
    good = stack.token("alice")
    tokens = [good, f"{good}forged", stack.token("root", roles=["admin"])]
    await live(stack, tokens)
    await stack.kill("postgres")
    outage = await asyncio.gather(
        *(Rest(stack.url, good).post({"recipients": [NAME], "type": "message", "content": CONTENT}) for _ in range(4))
    )
    assert {answer.status for answer in outage} == {503}
    await stack.start("postgres")
    for name in ("gateway-0", "gateway-1"):
        await stack.stop(name)
    await stack.stop("worker-0")

    parts = {part for token in tokens for part in token.split(".")[1:]}
    for process in ("gateway-0", "gateway-1", "worker-0", "nats"):
        log = stack.log(process)
        assert log
        for secret in (*SECRETS, *parts):
            assert secret not in log, process
        assert not re.search(r"eyJ[\w-]+\.eyJ|postgresql://\S+:\S+@|@mail\.example|Bearer \S", log), process
