"""Clients are told apart by addresses that they cannot make up."""

import pytest

from notifications.domain.address import find_address

PEER = "10.0.0.1"


@pytest.mark.parametrize("forwarded", ["", "203.0.113.7", "203.0.113.7, 198.51.100.9"])
def test_without_a_proxy_to_trust_nobody_is_believed(forwarded: str) -> None:
    assert find_address(PEER, forwarded, 0) == PEER


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ("203.0.113.7", 1, "203.0.113.7"),
        ("1.1.1.1, 203.0.113.7", 1, "203.0.113.7"),
        ("1.1.1.1,203.0.113.7,198.51.100.9", 2, "203.0.113.7"),
        ("1.1.1.1, 203.0.113.7 ,198.51.100.9", 3, "1.1.1.1"),
        ("203.0.113.7:4711", 1, "203.0.113.7"),
        ("[2001:db8::1]:4711", 1, "2001:db8::/64"),
        ("::ffff:203.0.113.7", 1, "203.0.113.7"),
    ],
)
def test_the_entry_that_the_outermost_trusted_proxy_has_added_counts(
    forwarded: str, proxies: int, address: str
) -> None:
    assert find_address(PEER, forwarded, proxies) == address


@pytest.mark.parametrize(
    ("forwarded", "proxies"),
    [
        ("203.0.113.7", 2),
        ("", 1),
        ("unknown", 1),
        ("_hidden", 1),
        ("1.1.1.1, ", 1),
        ("x" * 8000, 1),
        ("[", 1),
        (":", 1),
    ],
)
def test_what_no_trusted_proxy_can_have_written_leaves_the_address_of_who_connected(
    forwarded: str, proxies: int
) -> None:
    assert find_address(PEER, forwarded, proxies) == PEER


def test_all_addresses_of_one_network_of_ipv6_are_one() -> None:
    assert find_address("2001:db8:1:2::1", "", 0) == find_address("2001:db8:1:2:ffff::9%eth0", "", 0)
    assert find_address("2001:db8:1:2::1", "", 0) != find_address("2001:db8:1:3::1", "", 0)


def test_who_has_no_address_is_one_client_with_others_like_that() -> None:
    assert find_address("", "", 0) == ""
