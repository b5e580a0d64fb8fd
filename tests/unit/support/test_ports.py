"""Ports for the servers that tests start."""

import random

import pytest

from tests.support import ports


def test_no_port_is_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_given", set())
    monkeypatch.setattr(random, "sample", lambda population, k: list(population))

    assert ports.free_port() != ports.free_port()
