"""Whatever goes wrong is answered by a problem with a code of the contract, and never by a traceback."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from notifications.adapters.http.application import build_application
from notifications.adapters.http.management import Management, Readiness
from notifications.domain import errors
from notifications.domain.limits import MAX_BODY

RAISED: dict[str, tuple[Exception, int, str]] = {
    "Invalid": (errors.Invalid("limit must be 1 to 100"), 400, "INVALID"),
    "KeyReused": (errors.KeyReused("used before"), 422, "INVALID"),
    "TooLarge": (errors.TooLarge("too long"), 413, "TOO_LARGE"),
    "Unauthenticated": (errors.Unauthenticated("no token"), 401, "UNAUTHENTICATED"),
    "TokenExpired": (errors.TokenExpired(), 401, "TOKEN_EXPIRED"),
    "Forbidden": (errors.Forbidden("no scope"), 403, "FORBIDDEN"),
    "NotFound": (errors.NotFound("no such"), 404, "NOT_FOUND"),
    "Resync": (errors.Resync("epoch"), 410, "RESYNC"),
    "RateLimited": (errors.RateLimited("too much", 7), 429, "RATE_LIMIT"),
    "Revoked": (errors.Revoked(), 401, "REVOKED"),
    "Backlogged": (errors.Backlogged("full"), 503, "UNAVAILABLE"),
    "Unavailable": (errors.Unavailable("down"), 503, "UNAVAILABLE"),
    "CommitUnknown": (errors.CommitUnknown("cut"), 503, "UNAVAILABLE"),
    "a mistake of ours": (KeyError("secret of the house"), 500, "UNAVAILABLE"),
    "no such address": (web.HTTPNotFound(), 404, "NOT_FOUND"),
    "an unhappy library": (web.HTTPUnsupportedMediaType(), 415, "INVALID"),
}


class Service:
    """An application whose one handler reads nothing and raises what it is told to."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.received: list[int] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.received.append(len(await request.read()))
        if self.error is not None:
            raise self.error
        return web.Response(text="ok")


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def server(service: Service) -> AsyncIterator[TestServer]:
    routes = [web.post("/", service.handle), web.get("/", service.handle)]
    server = TestServer(build_application(routes, service.handle, lambda: True))
    await server.start_server()
    yield server
    await server.close()


@pytest.mark.parametrize(("error", "status", "code"), RAISED.values(), ids=RAISED)
async def test_each_error_has_a_status_and_a_code(
    service: Service, server: TestServer, error: Exception, status: int, code: str
) -> None:
    service.error = error
    async with ClientSession() as client, client.get(server.make_url("/")) as answer:
        problem = await answer.json()
        assert answer.status == problem["status"] == status
        assert answer.content_type == "application/problem+json"
        assert problem["code"] == code
        assert sorted(problem) == ["code", "detail", "status", "title", "type"]
        assert "secret" not in json.dumps(problem)
        assert answer.headers.get("Retry-After") == (None if status not in (429, 503) else str(error.retry_after))  # type: ignore[attr-defined]
        assert answer.headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)


async def test_only_a_mistake_of_ours_is_logged_with_a_traceback(
    service: Service, server: TestServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with ClientSession() as client:
        for error, status, _ in RAISED.values():
            service.error = error
            async with client.get(server.make_url("/")) as answer:
                assert answer.status == status
    told = [record for record in caplog.records if record.exc_info]
    assert [record.levelno for record in told] == [logging.ERROR]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/absent", 404), ("PUT", "/", 405), ("DELETE", "/", 405)]
)
async def test_an_unknown_address_or_method_is_a_problem(
    server: TestServer, method: str, path: str, status: int
) -> None:
    async with ClientSession() as client, client.request(method, server.make_url(path)) as answer:
        assert answer.status == (await answer.json())["status"] == status
        assert ("Allow" in answer.headers) == (status == 405)


async def test_a_body_beyond_the_limit_never_reaches_a_handler(service: Service, server: TestServer) -> None:
    async with ClientSession() as client, client.post(server.make_url("/"), data=bytes(MAX_BODY + 1)) as answer:
        assert answer.status == 413
        assert (await answer.json())["code"] == "TOO_LARGE"
    async with ClientSession() as client, client.post(server.make_url("/"), data=bytes(MAX_BODY)) as answer:
        assert answer.status == 200
    assert service.received == [MAX_BODY]


async def send(server: TestServer, request: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    assert server.port is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\n" + request)
    await writer.drain()
    return reader, writer


async def test_a_body_that_cannot_be_decompressed_is_a_bad_request(service: Service, server: TestServer) -> None:
    reader, writer = await send(server, b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd")
    assert b"400 Bad Request" in await reader.readline()
    writer.close()
    assert service.received == []


async def test_a_body_that_never_ends_is_given_up(
    service: Service, server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.adapters.http.application.BODY_TIMEOUT", 0.05)
    reader, writer = await send(server, b"Content-Length: 100\r\n\r\nslow")
    assert b"408 Request Timeout" in await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    assert service.received == []


async def test_a_sender_who_leaves_in_the_middle_is_not_worth_a_traceback(
    service: Service, server: TestServer, caplog: pytest.LogCaptureFixture
) -> None:
    _, writer = await send(server, b"Content-Length: 100\r\n\r\nhalf")
    writer.transport.abort()
    async with ClientSession() as client, client.post(server.make_url("/"), data=b"whole") as answer:
        assert answer.status == 200
    assert service.received == [5]
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_compressed_body_is_read_decompressed_and_bounded(service: Service, server: TestServer) -> None:
    async with ClientSession() as client:
        for size, status in ((1_000, 200), (500_000, 413)):
            async with client.post(server.make_url("/"), data=bytes(size), compress="gzip") as answer:
                assert answer.status == status
    assert service.received == [1_000]


@pytest.mark.parametrize(("query", "asked"), [("", True), ("?sid=", True), ("?sid=x", False), ("?sid=&sid=x", True)])
async def test_only_who_has_a_connection_already_passes_a_full_gateway(query: str, asked: bool) -> None:
    async def serve(_: web.Request) -> web.Response:
        return web.Response(text="served")

    async with (
        TestServer(build_application([], serve, lambda: False)) as server,
        ClientSession() as client,
        client.get(server.make_url(f"/socket.io/{query}")) as answer,
    ):
        assert answer.status == (503 if asked else 200)
        assert ("Retry-After" in answer.headers) == asked


async def management(load: Any) -> TestServer:
    server = TestServer(Management(Readiness(), lambda: b"# metrics\n", load).app())
    await server.start_server()
    return server


async def test_a_load_that_cannot_be_had_is_unavailable() -> None:
    async def load() -> dict[str, Any]:
        raise errors.Unavailable("the database is away")

    server = await management(load)
    async with ClientSession() as client, client.get(server.make_url("/load")) as answer:
        assert answer.status == 503
        assert (await answer.json())["detail"] == "the database is away"
    await server.close()


async def test_a_process_is_unready_until_it_says_so() -> None:
    readiness = Readiness()
    async with TestServer(Management(readiness, lambda: b"", dict).app()) as server, ClientSession() as client:  # type: ignore[arg-type]

        async def status() -> int:
            async with client.get(server.make_url("/readyz")) as answer:
                return answer.status

        assert await status() == 503
        readiness.ready = True
        assert await status() == 200
        async with client.get(server.make_url("/healthz")) as answer:
            assert answer.status == 200
