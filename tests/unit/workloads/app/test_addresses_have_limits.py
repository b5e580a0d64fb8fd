"""Clients of one address open so many connections a second, and hold so many."""

import pytest

from notifications.app import addresses
from notifications.app.addresses import Addresses, Visits
from notifications.domain.errors import RateLimited

HERE, THERE = "203.0.113.7", "198.51.100.9"


class Clock:
    """Seconds that pass when a test says so."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_handshakes_of_one_address_are_let_in_at_their_rate() -> None:
    clock = Clock()
    guard = Addresses(Visits(None, 2), clock)
    guard.admit(HERE)
    guard.admit(HERE)
    with pytest.raises(RateLimited) as refusal:
        guard.admit(HERE)
    assert refusal.value.retry_after == 1
    guard.admit(THERE)
    clock.now += 0.5
    guard.admit(HERE)


def test_an_address_holds_so_many_connections_and_has_room_when_one_has_ended() -> None:
    guard = Addresses(Visits(2, None), Clock())
    for sid in ("a", "b"):
        guard.admit(HERE)
        guard.enter(sid, HERE)
    with pytest.raises(RateLimited) as refusal:
        guard.admit(HERE)
    assert refusal.value.retry_after == 5
    guard.admit(THERE)
    guard.leave("a")
    guard.leave("a")
    guard.leave("who never was")
    guard.admit(HERE)
    guard.enter("c", HERE)
    with pytest.raises(RateLimited):
        guard.admit(HERE)


def test_of_many_addresses_those_seen_last_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "MAX_ADDRESSES", 3)
    guard = Addresses(Visits(None, 1), Clock())
    for number in range(4):
        guard.admit(f"198.51.100.{number}")
    guard.admit("198.51.100.0")
    with pytest.raises(RateLimited):
        guard.admit("198.51.100.3")
