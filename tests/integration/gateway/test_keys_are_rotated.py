"""Keys of tokens come and go without a restart: published ones and those in files."""

import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer

from notifications.domain.limits import JWKS_ASK_AGAIN, KEY_CHECK
from tests.integration.gateway.lone_gateway import run_lone_gateway
from tests.support.device import dial, join
from tests.support.issuer import Issuer
from tests.support.rest import Rest
from tests.support.secret import write_secret
from tests.support.stack import AUDIENCE, ISSUER, Stack
from tests.support.waiting import eventually


@asynccontextmanager
async def published(issuer: Issuer) -> AsyncIterator[str]:
    """The address of an issuer's keys."""

    async def answer(_: web.Request) -> web.Response:
        issuer.fetches += 1
        return web.Response(status=500) if issuer.away else web.Response(body=issuer.document())

    app = web.Application()
    app.router.add_get("/keys", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/keys"))


def stated(url: str) -> dict[str, object]:
    return {"issuer": ISSUER, "audience": AUDIENCE, "jwksUrl": url}


async def test_a_published_key_opens_rest_and_sockets_and_a_new_one_soon_does(stack: Stack, alice: str) -> None:
    issuer = Issuer("one")
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": alice}
    async with (
        published(issuer) as url,
        run_lone_gateway(stack, "keys-gateway", auth=stated(url), demo=False) as gateway,
    ):
        async with join(gateway.url, issuer.sign("one", **claims)) as device:
            assert (await device.call("client:ping"))["ok"]
            issuer.add("two")
            new = issuer.sign("two", **claims)

            async def is_known() -> bool:
                answer = await Rest(gateway.url, new).list()
                assert answer.status in (200, 503, 401)
                return answer.status == 200

            await eventually(is_known, within=JWKS_ASK_AGAIN + 5, what="the new key")
            assert (await device.call("auth:refresh", {"token": new}))["ok"]
        answer = await Rest(gateway.url, stack.token(alice)).list()
        assert (answer.status, answer.body["code"]) in [(401, "UNAUTHENTICATED"), (503, "UNAVAILABLE")]
    assert issuer.fetches < 5


async def test_a_gateway_starts_without_its_issuer_and_asks_clients_to_come_back(stack: Stack, alice: str) -> None:
    issuer = Issuer("one")
    issuer.away = True
    token = issuer.sign("one", iss=ISSUER, aud=AUDIENCE, sub=alice)
    async with (
        published(issuer) as url,
        run_lone_gateway(stack, "orphan-gateway", auth=stated(url), demo=False) as gateway,
    ):
        answer = await Rest(gateway.url, token).list()
        assert (answer.status, answer.body["code"], answer.headers["Retry-After"]) == (503, "UNAVAILABLE", "1")
        async with dial(gateway.url) as device:
            await device.connect(token)
            await eventually(device.closed.is_set, what="the end of the transport, so that a stock client comes back")
            assert not [packet for packet in device.packets if packet.startswith("44")]
        issuer.away = False

        async def is_welcome() -> bool:
            return (await Rest(gateway.url, token).list()).status == 200

        await eventually(is_welcome, within=JWKS_ASK_AGAIN + 5, what="the keys")
    lines = [json.loads(line) for line in gateway.process.log.splitlines()]
    assert sum(line.get("event") == "keys_not_fetched" for line in lines) == 1


async def test_a_secret_is_replaced_while_a_gateway_runs(stack: Stack, alice: str) -> None:
    def token(secret: str) -> str:
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": alice, "exp": int(time.time()) + 600}
        return jwt.encode(claims, secret, headers={"kid": "ours"})

    old, new = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    path = stack.folder / "rotated.key"
    write_secret(path, old)
    auth = {**stated(""), "keys": [{"id": "ours", "algorithm": "HS256", "file": str(path)}]}
    del auth["jwksUrl"]
    async with run_lone_gateway(stack, "rotating-gateway", auth=auth) as gateway:
        assert (await Rest(gateway.url, token(old)).list()).status == 200
        write_secret(path, new)

        async def is_rotated() -> bool:
            return [(await Rest(gateway.url, token(each)).list()).status for each in (old, new)] == [401, 200]

        await eventually(is_rotated, within=KEY_CHECK + 5, what="the new secret in force, and the old one not")
