"""Renders templates of tenants in a few processes that may be lost: see `sandbox`."""

import asyncio
import sys
from contextlib import suppress
from typing import Final, cast

import msgspec

from notifications.adapters.templates.sandbox import LENGTH, READY
from notifications.domain.errors import BrokenTemplate, Exhausting, Unavailable
from notifications.domain.limits import MAX_MAIL, RENDER_PROCESSES, RENDER_WAIT
from notifications.domain.template import Parts, Variables

# Three parts whose every character takes twelve bytes of JSON
_LONGEST_ANSWER: Final = 40 * MAX_MAIL
_ENDS_WITHIN: Final = 1.0
_COMMAND: Final = (sys.executable, "-I", "-B", "-m", "notifications.adapters.templates.sandbox")


class _Answer(msgspec.Struct, frozen=True):
    parts: dict[str, str] | None = None
    error: tuple[str | None, int | None, str] | None = None


class _LostError(Exception):
    """A process ended, or answers what is not its language."""


class SandboxEngine:
    """The Engine. Processes start when they are needed, and stay."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(RENDER_PROCESSES)
        self._idle: list[_Process] = []

    async def render(self, parts: Parts, variables: Variables) -> dict[str, str]:
        """See `Engine`."""
        request = msgspec.json.encode({"parts": parts, "variables": variables})
        try:
            async with asyncio.timeout(RENDER_WAIT), self._places:
                answer = await self._ask(request)
        except TimeoutError as error:
            raise Unavailable("templates cannot be rendered now: the processes for it are busy") from error
        if answer.error is not None:
            raise BrokenTemplate(*answer.error)
        if answer.parts is None or answer.parts.keys() != parts.keys():
            raise BrokenTemplate(None, None, "it cannot be rendered")
        return answer.parts

    async def close(self) -> None:
        """End the processes."""
        while self._idle:
            await self._idle.pop().end()

    async def _ask(self, request: bytes) -> _Answer:
        if self._idle:
            # What it had to do before may be what ends it: only a fresh one judges
            with suppress(_LostError):
                return await self._use(self._idle.pop(), request)
        try:
            return await self._use(await _start(), request)
        except _LostError:
            raise Exhausting("it takes too much processor time or memory") from None

    async def _use(self, process: "_Process", request: bytes) -> _Answer:
        try:
            answer = await process.ask(request)
        except BaseException:
            await process.end()
            raise
        self._idle.append(process)
        return answer


class _Process:
    """A process of `sandbox`, which does one thing at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._requests = cast(asyncio.StreamWriter, process.stdin)
        self._answers = cast(asyncio.StreamReader, process.stdout)

    async def greet(self) -> None:
        """Return when it is confined and waits for requests. Raises _LostError."""
        if await self._read() != READY:
            raise _LostError

    async def ask(self, request: bytes) -> _Answer:
        """Have a request answered. Raises _LostError."""
        try:
            self._requests.write(LENGTH.pack(len(request)) + request)
            await self._requests.drain()
            return msgspec.json.decode(await self._read(), type=_Answer)
        except (OSError, msgspec.MsgspecError) as error:
            raise _LostError from error

    async def end(self) -> None:
        """Kill it, unless it ended already: it has nothing to lose."""
        if self._answers.at_eof():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), _ENDS_WITHIN)
                return
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def _read(self) -> bytes:
        try:
            (length,) = LENGTH.unpack(await self._answers.readexactly(LENGTH.size))
            if length <= _LONGEST_ANSWER:
                return await self._answers.readexactly(length)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise _LostError from error
        raise _LostError


async def _start() -> _Process:
    """Start a process, with nothing of our environment, and return when it is ready. Raises Unavailable."""
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    try:
        process = _Process(
            await asyncio.create_subprocess_exec(
                *_COMMAND, stdin=pipe, stdout=pipe, stderr=nothing, env={}, start_new_session=True
            )
        )
    except OSError as error:
        raise Unavailable(f"the process that renders templates does not start: {error.strerror}") from error
    try:
        await process.greet()
    except _LostError as error:
        await process.end()
        raise Unavailable("the process that renders templates does not start") from error
    except BaseException:
        await process.end()
        raise
    return process
