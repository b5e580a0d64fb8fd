"""Lines that tell a person what is going on, on stderr, each with the seconds since the command began."""

import sys
import time


class Progress:
    """The story of one command."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        """Tell `text`, what is being done now."""
        print(f"{time.monotonic() - self._began:6.1f} s  {text}", file=sys.stderr, flush=True)
