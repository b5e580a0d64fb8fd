"""Cross-site scripting, `content_security_policy`: every answer forbids all that it does not need."""

import re
from uuid import UUID

import aiohttp
import pytest

from tests.integration.security.conftest import Act, Document
from tests.support.rest import PATH, Rest
from tests.support.stack import Stack

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGES = ["/", "/demo/inbox.css", "/demo/inbox.js", "/api/docs", "/api/docs/docs.css", "/api/openapi.json"]
# Nobody's alone: the same for everybody who asks
PUBLIC = {*PAGES, "/demo/icon.svg"}


def expect_strict(headers: dict[str, str], path: str) -> None:
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'"), path
    assert {"base-uri 'none'", "frame-ancestors 'none'"} <= {*policy.split("; ")}, path
    assert "unsafe" not in policy, path
    assert "*" not in policy, path
    assert headers["X-Content-Type-Options"] == "nosniff", path
    assert headers["Referrer-Policy"] == "no-referrer", path
    assert headers["Cache-Control"] == ("no-cache" if path in PUBLIC else "no-store"), path


async def test_every_operation_answers_strictly_to_strangers_users_and_administrators(
    act: Act, document: Document, tenant: str
) -> None:
    callers = [act("stranger", exp=1), act("root", tenant, roles=["admin"]), act("user", tenant, scope="")]
    seen = 0
    for path, methods in document["paths"].items():
        address = re.sub(r"{\w+}", str(UUID(int=7)), path)
        for method in methods:
            for caller in callers:
                answer = await caller.request(method.upper(), address, data=b"{")
                expect_strict(answer.headers, path)
                seen += 1
    assert seen > 60


@pytest.mark.parametrize("path", PAGES)
async def test_pages_and_their_files_answer_strictly(stack: Stack, path: str) -> None:
    answer = await Rest(stack.url, "").request("GET", path)
    assert answer.status == 200
    expect_strict(answer.headers, path)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/absent", 404),
        ("GET", "/demo/absent", 404),
        ("PUT", PATH, 405),
        ("GET", f"{PATH}?page=0", 400),
        ("POST", PATH, 413),
        ("GET", "/demo/tokens", 200),
        ("GET", "/socket.io/?EIO=4&transport=polling", 200),
        ("GET", "/socket.io/?EIO=3&transport=polling", 400),
        ("OPTIONS", PATH, 405),
    ],
)
async def test_what_is_no_operation_answers_strictly_too(act: Act, method: str, path: str, status: int) -> None:
    answer = await act("alice").request(method, path, data=bytes(300_000) if status == 413 else None)
    assert answer.status == status
    expect_strict(answer.headers, path)
    assert answer.headers["Content-Security-Policy"] == NOTHING


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/load", "/absent"])
async def test_the_management_port_answers_strictly(stack: Stack, path: str) -> None:
    for name in ("gateway-0", "worker-0"):
        answer = await Rest(stack.management_url(name), "").request("GET", path)
        expect_strict(answer.headers, path)


async def test_a_websocket_is_opened_by_a_strict_answer(stack: Stack) -> None:
    url = f"{stack.url}/socket.io/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession() as client, client.ws_connect(url) as socket:
        expect_strict(dict(socket._response.headers), "/socket.io/")


async def test_what_a_peer_answered_is_passed_on_with_each_header_once(stack: Stack) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as client:
        url = f"{stack.url}/socket.io/?EIO=4&transport=polling"
        async with client.get(url) as answer:
            sid = (await answer.text()).partition('"sid":"')[2].partition('"')[0]
        for _ in range(6):  # the kernel chooses the gateway
            async with client.post(f"{url}&sid={sid}", data="3") as answer:
                assert answer.status == 200
                for name in ("Content-Security-Policy", "Cache-Control", "Referrer-Policy"):
                    assert len(answer.headers.getall(name)) == 1
