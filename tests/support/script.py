"""A running Node script that tells what happens in JSON lines."""

import asyncio
import json
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.support.node import Node

Line = dict[str, Any]


class Script:
    """`lines` are all that were read so far. Each answers one question, in the order in which they came."""

    def __init__(self, process: Process) -> None:
        self.lines: list[Line] = []
        self._process = process
        self._taken: set[int] = set()

    async def line(self, wanted: Callable[[Line], bool] = lambda _: True, within: float = 30.0) -> Line:
        """Return the first line that is wanted and was not returned before; read on until there is one."""
        try:
            async with asyncio.timeout(within):
                while True:
                    for number, line in enumerate(self.lines):
                        if number not in self._taken and wanted(line):
                            self._taken.add(number)
                            return line
                    await self._read()
        except TimeoutError as error:
            raise AssertionError(f"the script did not tell it within {within:g} s: {self.lines[-5:]}") from error

    async def event(self, name: str, within: float = 30.0) -> list[Any]:
        """Return the values of the next event of this name."""
        line = await self.line(lambda line: line["what"] == "event" and line["name"] == name, within)
        values: list[Any] = line["values"]
        return values

    async def happening(self, what: str, within: float = 30.0) -> Line:
        """Return the next thing of this kind."""
        return await self.line(lambda line: line["what"] == what, within)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        raw = await self._process.stdout.readline()
        assert raw, f"the script ended: {(await self._process.stderr.read()).decode()}"
        self.lines.append(json.loads(raw))

    def tell(self, name: str, *values: object) -> None:
        """Give the script something to do."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"name": name, "values": values}).encode() + b"\n")

    async def emit(self, name: str, *values: object) -> Any:
        """Make the client send an event and return the acknowledgement."""
        self.tell(name, *values)
        return (await self.happening("answer"))["answer"]


@asynccontextmanager
async def running(node: Node, name: str, argument: object) -> AsyncIterator[Script]:
    """Run a script of tests/node until the end of the block."""
    process = await node.start(name, argument)
    try:
        yield Script(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.communicate()
