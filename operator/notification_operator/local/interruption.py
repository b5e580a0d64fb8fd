"""Ctrl-C and its kin: the first asks to stop, the second insists."""

import asyncio
import signal
from collections.abc import Callable, Coroutine

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# One keystroke may arrive twice: from the terminal, and passed on by the program that started us.
SAME_KEYSTROKE = 0.5


class Interruption:
    """Listens for signals from its making on; `asked` is set by the first, `insist` is called for each further one."""

    def __init__(self, insist: Callable[[], None]) -> None:
        self.asked = asyncio.Event()
        self._insist = insist
        self._loop = asyncio.get_running_loop()
        self._asked_at = 0.0
        for number in _SIGNALS:
            self._loop.add_signal_handler(number, self._hear)

    async def interrupt(self, work: Coroutine[None, None, None]) -> None:
        """Run `work` until it ends or fails, or the first signal comes."""
        working, asked = asyncio.create_task(work), asyncio.create_task(self.asked.wait())
        await asyncio.wait({working, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        working.cancel()
        await asyncio.wait({working})
        if not working.cancelled():
            working.result()

    def _hear(self) -> None:
        if not self.asked.is_set():
            self._asked_at = self._loop.time()
            self.asked.set()
        elif self._loop.time() - self._asked_at > SAME_KEYSTROKE:
            self._insist()
