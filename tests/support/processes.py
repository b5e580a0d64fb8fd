"""How the tests are dealt out to the processes that run them: `make test` has two, which share nothing."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

TOGETHER = ("tests/integration/local/",)
"""Folders for one process: each local run chooses its ports itself, and two at once could choose the same."""


class Dealer(LoadFileScheduling):  # type: ignore[misc]
    """Deals out file after file, in their order, and a folder of TOGETHER as one."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Dealer:
    """Deal, whatever `--dist` says: the tests of a file may rely on each other's fixtures and counts."""
    return Dealer(config, log)
