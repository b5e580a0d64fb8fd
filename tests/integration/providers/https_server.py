"""An HTTPS server on aiohttp that does what its service decides, however wrong that is."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import ClientConnectionResetError, web

from tests.integration.providers.authority import HOST
from tests.integration.providers.service import FLOOD_CHUNK, FLOOD_CHUNKS, GARBAGE, Mischief, Reply, Seen, Service


@asynccontextmanager
async def serve_https(service: Service, tls: ssl.SSLContext | None) -> AsyncIterator[Service]:
    """Serve on a free port, which the service's `url` then names; without `tls` in clear."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        match service.decide(Seen(request.path_qs, headers, await request.read())):
            case Reply() as reply:
                return web.Response(status=reply.status, body=reply.body, headers=dict(reply.headers))
            case mischief:
                return await misbehave(service, request, mischief)

    runner = web.ServerRunner(web.Server(handle, access_log=None), shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    service.url = f"{'https' if tls else 'http'}://{HOST}:{runner.addresses[0][1]}"
    try:
        yield service
    finally:
        service.closing.set()
        await runner.cleanup()


async def misbehave(service: Service, request: web.BaseRequest, mischief: Mischief) -> web.StreamResponse:
    """Leave the client with something that it did not ask for."""
    transport = request.transport
    assert transport is not None
    match mischief:
        case Mischief.HANG:
            await service.closing.wait()
        case Mischief.DROP:
            transport.abort()
        case Mischief.GARBAGE:
            transport.write(GARBAGE)
            transport.close()
        case Mischief.FLOOD:
            return await flood(service, request)
    return web.Response()


async def flood(service: Service, request: web.BaseRequest) -> web.StreamResponse:
    """Answer 200, and then more than anybody wants."""
    response = web.StreamResponse()
    await response.prepare(request)
    with suppress(ClientConnectionResetError, ConnectionError):
        for _ in range(FLOOD_CHUNKS):
            await response.write(FLOOD_CHUNK)
            service.flooded += len(FLOOD_CHUNK)
    return response
