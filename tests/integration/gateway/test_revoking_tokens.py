"""A revoked token opens no door at any gateway, and what it had opened is closed."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from notifications.domain.limits import REVOCATION_POLL
from tests.integration.gateway.conftest import Act
from tests.integration.gateway.lone_gateway import run_lone_gateway
from tests.support.device import Device, dial, join
from tests.support.rest import Answer, Rest
from tests.support.stack import Stack
from tests.support.waiting import eventually

PATH = "/api/admin/revocations"
TENANT = "tenant-of-revocations"


def admin(act: Act, tenant: str = TENANT) -> Rest:
    return act("root", tenant=tenant, roles=["admin"])


async def revoke(act: Act, **body: str) -> Answer:
    return await admin(act).request("POST", PATH, json=body)


async def is_sent_away(device: Device) -> list[Any]:
    """Wait for the farewell and return what it said."""
    told = await device.expect("error", within=REVOCATION_POLL + 5)
    await asyncio.wait_for(device.closed.wait(), 5)
    assert "41" in device.packets, "a Socket.IO disconnect, or a stock client would come back"
    return told


@asynccontextmanager
async def two_devices(stack: Stack, token: str) -> AsyncIterator[list[Device]]:
    async with (
        join(stack.internal_url("gateway-0"), token) as first,
        join(stack.internal_url("gateway-1"), token, "polling") as second,
    ):
        yield [first, second]


async def test_sockets_of_a_revoked_user_are_sent_away_at_every_gateway(stack: Stack, act: Act, alice: str) -> None:
    async with (
        two_devices(stack, stack.token(alice, TENANT)) as devices,
        join(stack.url, stack.token("somebody", TENANT)) as witness,
        join(stack.url, stack.token(alice, "another-tenant")) as namesake,
    ):
        answer = await revoke(act, sub=alice)
        for (error,) in await asyncio.gather(*map(is_sent_away, devices)):
            assert error == {"code": "REVOKED", "message": "the token is revoked: sign in again"}
        for other in (witness, namesake):
            assert (await other.call("client:ping"))["ok"]
    assert answer.status == 201
    assert (answer.body["sub"], answer.body["jti"]) == (alice, None)


async def test_a_revoked_user_is_refused_by_rest_and_by_sockets(stack: Stack, act: Act, alice: str) -> None:
    token = stack.token(alice, TENANT, iat=int(time.time()))
    rest = Rest(stack.url, token)
    assert (await rest.list()).status == 200
    await revoke(act, sub=alice)

    async def is_refused_everywhere() -> bool:
        return {(await rest.list()).status for _ in range(24)} == {401}

    await eventually(is_refused_everywhere, what="the refusal by both gateways")
    answer = await rest.list()
    assert (answer.body["code"], answer.headers["WWW-Authenticate"]) == ("REVOKED", "Bearer")
    for gateway in ("gateway-0", "gateway-1"):
        async with dial(stack.internal_url(gateway)) as device:
            await device.connect(token)
            assert (await device.refusal())["data"]["code"] == "REVOKED"


async def test_who_signs_in_again_is_welcome(stack: Stack, act: Act, alice: str) -> None:
    await revoke(act, sub=alice)
    token = stack.token(alice, TENANT, iat=time.time() + 1)
    assert (await Rest(stack.url, token).list()).status == 200
    async with join(stack.url, token) as device:
        assert (await device.call("client:ping"))["ok"]


async def test_one_token_is_revoked_by_its_id_and_the_others_of_the_user_go_on(
    stack: Stack, act: Act, alice: str
) -> None:
    lost, kept = (stack.token(alice, TENANT, jti=f"{alice}-{name}") for name in ("lost", "kept"))
    async with two_devices(stack, lost) as devices, join(stack.url, kept) as other:
        answer = await revoke(act, jti=f"{alice}-lost")
        await asyncio.gather(*map(is_sent_away, devices))
        assert (await other.call("client:ping"))["ok"]
    assert (answer.body["sub"], answer.body["jti"]) == (None, f"{alice}-lost")
    assert (await Rest(stack.url, kept).list()).status == 200


async def test_what_is_taken_back_counts_again(stack: Stack, act: Act, alice: str) -> None:
    id = (await revoke(act, sub=alice)).body["id"]
    assert (await admin(act).request("DELETE", f"{PATH}/{id}")).body == {"ok": True}

    async def is_welcome_everywhere() -> bool:
        answers = [await act(alice, tenant=TENANT).list() for _ in range(6)]
        return [answer.status for answer in answers] == [200] * 6

    await eventually(is_welcome_everywhere)
    again = await admin(act).request("DELETE", f"{PATH}/{id}")
    assert (again.status, again.body["code"]) == (404, "NOT_FOUND")


async def test_what_is_revoked_is_listed_page_by_page_to_administrators_of_the_tenant(act: Act, alice: str) -> None:
    tenant = f"tenant-of-{alice}"
    root = admin(act, tenant)
    made = [(await root.request("POST", PATH, json={"jti": f"token-{n}"})).body for n in range(3)]

    first = (await root.request("GET", f"{PATH}?limit=2")).body
    rest = (await root.request("GET", f"{PATH}?limit=2&after={first['revocations'][-1]['id']}")).body

    assert (first["hasMore"], rest["hasMore"]) == (True, False)
    assert [*first["revocations"], *rest["revocations"]] == made[::-1]
    assert (await admin(act).request("DELETE", f"{PATH}/{made[0]['id']}")).status == 404
    assert made[0] not in (await admin(act).request("GET", f"{PATH}?limit=100")).body["revocations"]


@pytest.mark.parametrize(("method", "path"), [("GET", PATH), ("POST", PATH), ("DELETE", f"{PATH}/1")])
async def test_revocations_are_for_administrators(act: Act, alice: str, method: str, path: str) -> None:
    answer = await act(alice, tenant=TENANT).request(method, path, json={"sub": "root"})
    assert (answer.status, answer.body["code"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({}, 400, "exactly one"),
        ({"sub": "a", "jti": "b"}, 400, "exactly one"),
        ({"sub": ""}, 400, "sub"),
        ({"jti": "\0"}, 400, "jti"),
        ({"sub": "a" * 129}, 413, "sub"),
        ({"sub": 7}, 400, "sub"),
        ({"user": "a"}, 400, "user"),
    ],
)
async def test_a_wrong_body_is_refused_by_its_field(act: Act, body: dict[str, Any], status: int, told: str) -> None:
    answer = await admin(act).request("POST", PATH, json=body)
    assert (answer.status, told in answer.body["detail"]) == (status, True)


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "after=x", "after="])
async def test_a_wrong_page_is_invalid(act: Act, query: str) -> None:
    answer = await admin(act).request("GET", f"{PATH}?{query}")
    assert (answer.status, answer.body["code"]) == (400, "INVALID")


async def test_a_gateway_that_starts_later_knows_it_before_it_serves_anybody(
    stack: Stack, act: Act, alice: str
) -> None:
    await revoke(act, sub=alice)
    async with run_lone_gateway(stack, "late-gateway") as late:
        answer = await Rest(late.url, stack.token(alice, TENANT)).list()
    assert (answer.status, answer.body["code"]) == (401, "REVOKED")


@pytest.mark.slow
async def test_without_nats_a_revoked_token_is_refused_within_the_time_of_a_look(
    private_stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = private_stack
    root = Rest(stack.url, stack.token("root", roles=["admin"]))
    took: dict[str, float] = {}
    for weather in ("NATS", "no NATS"):
        if weather == "no NATS":
            await stack.kill("nats")
        async with two_devices(stack, stack.token(weather)) as devices:
            begun = time.monotonic()
            assert (await root.request("POST", PATH, json={"sub": weather})).status == 201
            await asyncio.gather(*map(is_sent_away, devices))
            took[weather] = time.monotonic() - begun
    with capsys.disabled():
        print(f"\nrevoked on both gateways after {took['NATS']:.3f} s, without NATS after {took['no NATS']:.3f} s")
    assert took["NATS"] < 1
    assert took["no NATS"] < REVOCATION_POLL + 1
