"""A process can be told to stop from its very first moment."""

import signal
import subprocess
import sys

INTERRUPT_THE_START = """
import os, signal, sys
from notifications import start

class Interruption:
    def find_spec(self, name, path=None, target=None):
        if name == "notifications.__main__":
            os.kill(os.getpid(), signal.SIGTERM)

sys.meta_path.insert(0, Interruption())
start.main()
"""
LIST_LOADED = "import sys; from notifications import start; print('asyncio' in sys.modules, 'msgspec' in sys.modules)"


def run_python(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)


def test_a_process_that_is_told_to_stop_while_it_is_loaded_ends_at_once_and_says_that_it_did_nothing() -> None:
    ended = run_python(INTERRUPT_THE_START)

    assert ended.returncode == 128 + signal.SIGTERM
    assert ended.stderr == ""


def test_nothing_is_loaded_before_the_process_can_be_told_to_stop() -> None:
    assert run_python(LIST_LOADED).stdout.split() == ["False", "False"]
