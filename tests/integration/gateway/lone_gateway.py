"""A gateway of the stack's fleet with a public port that it shares with no other, so that a request surely meets it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from tests.support.ports import free_port
from tests.support.stack import HOST, Stack
from tests.support.workload import Workload


@dataclass(frozen=True, slots=True)
class LoneGateway:
    """Its process and the addresses of its ports."""

    process: Workload
    url: str
    internal_url: str


@asynccontextmanager
async def run_lone_gateway(stack: Stack, name: str, **settings: object) -> AsyncIterator[LoneGateway]:
    """Start it, with these settings beside those of the others, and stop it at the end."""
    port, internal = free_port(), free_port()
    config = stack.folder / f"{name}.json"
    config.write_text(json.dumps({**json.loads(stack.config("gateway").read_text()), **settings}))
    arguments = ["gateway", "--config", str(config), "--port", str(port)]
    process = Workload(name, [*arguments, "--internal-port", str(internal)], stack.folder / f"{name}.log")
    await process.start()
    try:
        yield LoneGateway(process, f"http://{HOST}:{port}", f"http://{HOST}:{internal}")
    finally:
        await process.kill()


@asynccontextmanager
async def run_pair(stack: Stack, name: str, **settings: object) -> AsyncIterator[list[LoneGateway]]:
    """Two of them with the same settings."""
    async with AsyncExitStack() as exits:
        starts = (run_lone_gateway(stack, f"{name}-{number}", **settings) for number in range(2))
        yield list(await asyncio.gather(*map(exits.enter_async_context, starts)))
