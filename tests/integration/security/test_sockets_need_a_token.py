"""Authentication of websockets, `method` and `location`: a verified JWT in the handshake's `auth`, nowhere else."""

import json

import aiohttp
import pytest

from tests.support.stack import Stack
from tests.support.transport import WEBSOCKET


@pytest.mark.parametrize("place", ["query", "header", "cookie", "another field"])
async def test_a_token_anywhere_else_opens_nothing(stack: Stack, place: str) -> None:
    token = stack.token("alice")
    query = f"&token={token}&auth={token}" if place == "query" else ""
    headers = {"header": {"Authorization": f"Bearer {token}"}, "cookie": {"Cookie": f"token={token}"}}.get(place, {})
    auth = {"authorization": token, "jwt": token} if place == "another field" else {}
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(stack.url + WEBSOCKET + query, headers=headers) as socket,
    ):
        await socket.receive_str()
        await socket.send_str("40" + json.dumps(auth))
        refusal = await socket.receive_str()
    assert refusal.startswith("44")
    assert json.loads(refusal[2:])["data"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("method", ["query", "cookie", "basic"])
async def test_rest_takes_it_from_the_authorization_header_only(stack: Stack, method: str) -> None:
    token, path = stack.token("alice"), "/api/notifications"
    headers = {"cookie": {"Cookie": f"token={token}"}, "basic": {"Authorization": f"Basic {token}"}}.get(method, {})
    query = {"token": token, "access_token": token} if method == "query" else {}
    async with (
        aiohttp.ClientSession() as client,
        client.get(stack.url + path, params=query, headers=headers) as answer,
    ):
        assert answer.status == 401
