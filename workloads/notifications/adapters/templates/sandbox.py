"""The program that renders templates of tenants, apart from the process that needs them.

Within Python no budget holds a template: constants are folded while it is compiled, `9 ** 9 ** 9` is one operation,
and so is a filter that makes a gigabyte of text. Only the kernel can end these, by ending the process they are in. So
this one has little memory, a timer of processor time around each rendering, which a busy machine does not shorten, and
no way to files, sockets or other programs, should a template ever leave the sandbox of Jinja2.

It reads requests from stdin and writes answers to stdout, each with its length before it, until stdin ends.
"""

import json
import os
import resource
import signal
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from notifications.adapters.templates.language import render
from notifications.domain.errors import BrokenTemplate
from notifications.domain.limits import MAX_MAIL, RENDER_CPU, RENDER_MEMORY

LENGTH: Final = struct.Struct(">I")
READY: Final = b"ready"
# Rendered before there are limits: what Jinja2 imports late is there, and the first request is not slower
_REHEARSAL: Final = {"html": "{{ {'a': 'b' | wordwrap(9) | urlize | pprint} | xmlattr | tojson }}{{ missing }}"}
_STANDARD_STREAMS: Final = 3


def main() -> None:
    """Serve until stdin ends."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    with suppress(BrokenTemplate):
        render(_REHEARSAL, {}, MAX_MAIL)
    _confine()
    _write(answers, READY)
    while head := requests.read(LENGTH.size):
        request = requests.read(*LENGTH.unpack(head))
        signal.setitimer(signal.ITIMER_PROF, RENDER_CPU)
        answer = _answer(request)
        signal.setitimer(signal.ITIMER_PROF, 0)
        _write(answers, answer)


def _answer(request: bytes) -> bytes:
    """Render within the time that the timer leaves; when that is over, its signal ends the process."""
    try:
        asked = json.loads(request)
        return json.dumps({"parts": render(asked["parts"], asked["variables"], MAX_MAIL)}).encode()
    except BrokenTemplate as error:
        return json.dumps({"error": [error.part, error.line, error.reason]}).encode()
    except MemoryError:
        # What is left of it belongs to former templates, too: a fresh process shall judge
        os._exit(1)


def _confine() -> None:
    """Give up what rendering does not need. A fork is refused to root as well, for want of a descriptor."""
    for what, most in (
        (resource.RLIMIT_AS, _measure() + RENDER_MEMORY),
        (resource.RLIMIT_NOFILE, _STANDARD_STREAMS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (most, most))


def _measure() -> int:
    """Return the bytes of addresses that are taken: some machines map a large file of locales into every process."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except FileNotFoundError:  # not Linux
        return 0
    return pages * resource.getpagesize()


def _write(answers: BinaryIO, answer: bytes) -> None:
    answers.write(LENGTH.pack(len(answer)) + answer)
    answers.flush()


if __name__ == "__main__":
    main()
