"""An aiohttp server that does nothing, on the loop and with the settings of the gateway: the baseline."""

import asyncio
import sys

import uvloop
from aiohttp import web


async def serve(host: str, port: int) -> None:
    """Serve until killed."""

    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.add_routes([web.get("/", hello)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port, backlog=1024).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2])))
