"""Hostile HTTP harms nobody but its sender."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from tests.integration.bad_inputs.offender import HUNG_UP, Offender
from tests.integration.bad_inputs.requests_over_http import BODY, CASES, POST
from tests.support.raw import open_raw

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.mark.parametrize(("request_", "expected"), CASES.values(), ids=CASES)
async def test_a_hostile_request_is_refused(offender: Offender, request_: bytes, expected: set[int]) -> None:
    assert await offender.send(request_) in expected


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1},
        {"iss": "somebody"},
        {"aud": "somebody"},
        {"sub": ""},
        {"sub": "a\0b"},
        {"sub": "\ud800"},
        {"sub": None},
        {"tenant": "*"},
        {"tenant": "a.b"},
        {"groups": "admins"},
        {"nbf": 99999999999},
        {"exp": 10**17},
    ],
    ids=str,
)
async def test_a_token_that_claims_nonsense_is_refused(offender: Offender, claims: dict[str, object]) -> None:
    headers = {"Authorization": f"Bearer {offender.token(**claims)}"}
    assert await offender.request("GET", "/api/notifications", headers=headers) == 401
    async with offender.stranger() as device:
        await device.connect(offender.token(**claims))
        assert (await device.refusal())["data"]["code"] in {"UNAUTHENTICATED", "TOKEN_EXPIRED"}


async def test_heads_that_never_end_hold_up_nobody(offender: Offender) -> None:
    async with AsyncExitStack() as exits:
        for _ in range(100):
            _, writer = await exits.enter_async_context(open_raw(offender.url))
            for letter in b"GET / HT":
                writer.write(bytes([letter]))
                await writer.drain()
        assert await offender.request("GET", "/demo/tokens") == 200


async def test_bodies_that_never_end_hold_up_nobody(offender: Offender) -> None:
    async with AsyncExitStack() as exits:
        for _ in range(50):
            _, writer = await exits.enter_async_context(open_raw(offender.url))
            writer.write(POST + b"Content-Length: 1000\r\n\r\n{")
        assert await offender.request("GET", "/demo/tokens") == 200


async def test_senders_who_leave_in_the_middle_are_forgotten(offender: Offender) -> None:
    for length in range(0, len(POST), 20):
        async with open_raw(offender.url) as (_, writer):
            writer.write((POST + b"Content-Length: 1000\r\n\r\n{")[: -length or None])
            await writer.drain()
    assert await offender.request("GET", "/demo/tokens") == 200


async def test_requests_in_one_go_are_answered_one_by_one(offender: Offender) -> None:
    async with open_raw(offender.url) as (reader, writer):
        writer.write(b"GET /demo/tokens HTTP/1.1\r\nHost: x\r\n\r\n" * 200)
        found = b""
        async with asyncio.timeout(10):
            while found.count(b"HTTP/1.1 200 OK") < 200:
                found += await reader.read(65536)
    assert found.count(b"HTTP/1.1 ") == 200


async def test_the_rest_of_a_refused_request_is_no_request(offender: Offender) -> None:
    """What follows a request that could be understood in two ways must never be taken for the next one."""
    request = POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    hidden = b"0\r\n\r\nGET /demo/tokens HTTP/1.1\r\nHost: x\r\n\r\n"
    async with open_raw(offender.url) as (reader, writer):
        writer.write(request + hidden)
        async with asyncio.timeout(10):
            answer = await reader.read()
    assert answer.count(b"HTTP/1.") <= 1
    assert b"token" not in answer


async def test_a_good_request_is_accepted_all_the_while(offender: Offender) -> None:
    good = POST + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    assert await offender.send(good) == 201
    assert HUNG_UP not in offender.statuses
