"""A socket is told when its token runs out, goes on with another one, and ends with the last."""

import asyncio
import time
from datetime import datetime

import pytest

from tests.integration.gateway.conftest import Act
from tests.support.device import join
from tests.support.stack import Stack

TRANSPORTS = ("websocket", "polling")


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_it_is_warned_and_ends_when_its_token_does(stack: Stack, alice: str, transport: str) -> None:
    expires = int(time.time()) + 3
    async with join(stack.url, stack.token(alice, exp=expires), transport) as device:
        (warned,) = await device.expect("auth:expiring", within=1.5)
        assert datetime.fromisoformat(warned["expiresAt"]).timestamp() == expires
        (told,) = await device.expect("error")
        ended = time.time()
        await asyncio.wait_for(device.closed.wait(), 5)
    assert told == {"code": "TOKEN_EXPIRED", "message": "Token expired"}
    assert expires <= ended < expires + 1.5
    assert "41" not in device.packets, "a stock client must come back by itself, with another token"


async def test_with_another_token_it_goes_on(stack: Stack, alice: str) -> None:
    expires = int(time.time()) + 2
    later = expires + 3_600
    async with join(stack.url, stack.token(alice, exp=expires)) as device:
        answer = await device.call("auth:refresh", {"token": stack.token(alice, exp=later)})
        assert (answer["ok"], datetime.fromisoformat(answer["expiresAt"]).timestamp()) == (True, later)
        await asyncio.sleep(expires + 1.5 - time.time())
        assert (await device.call("client:ping"))["ok"]
        assert "error" not in [event[0] for event in device.events]


@pytest.mark.parametrize(("user", "tenant"), [("somebody", "default"), (None, "other")])
async def test_a_token_of_somebody_else_is_forbidden(stack: Stack, alice: str, user: str | None, tenant: str) -> None:
    async with join(stack.url, stack.token(alice)) as device:
        answer = await device.call("auth:refresh", {"token": stack.token(user or alice, tenant)})
        assert (answer["ok"], answer["error"]["code"]) == (False, "FORBIDDEN")
        assert (await device.call("client:ping"))["ok"]


async def test_a_revoked_token_is_refused(stack: Stack, act: Act, alice: str) -> None:
    tenant, url = "tenant-of-refreshing", stack.internal_url("gateway-0")
    lost = stack.token(alice, tenant, jti=f"{alice}-lost")
    async with join(url, lost) as witness, join(url, stack.token(alice, tenant)) as device:
        root = act("root", tenant=tenant, roles=["admin"])
        await root.request("POST", "/api/admin/revocations", json={"jti": f"{alice}-lost"})
        await witness.expect("error")  # so this gateway has heard of it
        answer = await device.call("auth:refresh", {"token": lost})
        assert (answer["ok"], answer["error"]["code"]) == (False, "REVOKED")
        assert (await device.call("client:ping"))["ok"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], "INVALID"), (["x"], "INVALID"), ([{}, {}], "INVALID"), ([{}], "UNAUTHENTICATED"),
        ([{"token": None}], "UNAUTHENTICATED"), ([{"token": ["x"]}], "UNAUTHENTICATED"),
        ([{"token": "a.b.c"}], "UNAUTHENTICATED"), ([{"token": "x" * 9_000}], "UNAUTHENTICATED"),
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
async def test_what_is_no_token_is_refused_and_the_socket_stays(
    stack: Stack, alice: str, arguments: list[object], code: str
) -> None:
    async with join(stack.url, stack.token(alice)) as device:
        answer = await device.call("auth:refresh", *arguments)
        assert (answer["ok"], answer["error"]["code"]) == (False, code)
        assert (await device.call("client:ping"))["ok"]
