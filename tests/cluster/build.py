"""Build suites of programs from Go modules, once: what was built stays in the cache."""

import shutil
import time
from pathlib import Path

from tests.cluster import cache
from tests.cluster.go import call_go, follow_go, require_go
from tests.cluster.modules import make_module
from tests.cluster.progress import Progress
from tests.cluster.suites import Suite

SECONDS_BETWEEN_LINES = 15.0


def build(wanted: tuple[Suite, ...], progress: Progress) -> None:
    """Build the suites that are not in the cache yet. CannotRun without Go, BuildFailed with Go's complaint."""
    if all(find(suite).exists() for suite in wanted):
        return
    require_go()
    with cache.lock("build"):
        for suite in wanted:
            if not find(suite).exists():
                compile_suite(suite, progress)


def find(suite: Suite) -> Path:
    """The folder where the programs of `suite` are, or will be; it is there when all of them are."""
    return cache.folder("programs") / suite.key


def compile_suite(suite: Suite, progress: Progress) -> None:
    """Build `suite` into a folder that gets its name when it is complete."""
    progress.say(f"{suite.name}: fetching modules")
    module = make_module(suite)
    packages = len(call_go(["list", "-deps", *suite.packages], module).splitlines())
    progress.say(f"{suite.name}: compiling {', '.join(suite.programs)}: {packages} packages")
    unfinished = find(suite).with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    flags = " ".join(["-s -w", *suite.flags])
    words = ["build", "-v", "-trimpath", f"-ldflags={flags}", f"-o={unfinished}/", *suite.packages]
    last_line = time.monotonic()
    for done, _ in enumerate(follow_go(words, module), 1):
        if time.monotonic() - last_line > SECONDS_BETWEEN_LINES:
            last_line = time.monotonic()
            progress.say(f"{suite.name}: {done} of at most {packages} packages compiled")
    unfinished.rename(find(suite))
