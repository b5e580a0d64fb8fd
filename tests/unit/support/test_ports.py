"""Ports for the servers that tests start."""

import random

import pytest

from tests.support import ports


def test_no_port_is_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_given", set())
    monkeypatch.setattr(random, "sample", lambda population, k: list(population))

    assert ports.free_port() != ports.free_port()


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_every_port_is_for_one_process_to_give(workers: int) -> None:
    shares = [ports.own_share(f"gw{number}", workers) for number in range(workers)]

    assert sorted(port for share in shares for port in share) == list(ports.LASTING)
