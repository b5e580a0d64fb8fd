"""Where the `notifications` command starts: it can be told to stop before what it runs is loaded.

The first process of a container does not even notice a signal that it has no handler for. Told to stop in its first
second, it would go on for the whole grace period of its pod.
"""

import os
import signal
import sys
from typing import NoReturn


def main() -> int:
    """Run the command and return its exit code."""
    signal.signal(signal.SIGTERM, _leave)  # until somebody has more to do than to end
    from notifications.__main__ import main as run_command

    return run_command()


def _leave(number: int, _: object) -> NoReturn:
    os._exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
