"""The page's files are served with a strict policy, and nothing else of the disk is."""

import aiohttp
import pytest
from yarl import URL

from tests.support.stack import Stack


async def get(stack: Stack, path: str) -> aiohttp.ClientResponse:
    async with aiohttp.ClientSession() as client, client.get(URL(stack.url + path, encoded=True)) as answer:
        await answer.read()
        return answer


@pytest.mark.parametrize("path", ["/", "/demo/inbox.js", "/demo/inbox.css", "/demo/socket.io.esm.min.js"])
async def test_a_file_of_the_page_allows_its_own_origin_only(stack: Stack, path: str) -> None:
    answer = await get(stack, path)
    assert answer.status == 200
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/demo/../demo.py", "/demo/..%2Fdemo.py", "/demo/%2Fetc%2Fpasswd", "/demo/", "/demo/x"]
)
async def test_no_other_file_is_served(stack: Stack, path: str) -> None:
    assert (await get(stack, path)).status == 404


async def test_tokens_are_not_kept_by_caches(stack: Stack) -> None:
    answer = await get(stack, "/demo/tokens")
    assert answer.headers["Cache-Control"] == "no-store"
    assert [entry["user"] for entry in (await answer.json())["users"]] == ["alice", "bob"]
