"""What somebody else chose is called only by https and only at addresses of the public internet."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.errors import Invalid
from notifications.domain.network import Reach, check_endpoint, check_service, origin, parse_reach
from tests.support.addresses import AMBIGUOUS, FINE

INNER = [
    "127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "100.100.100.200", "168.63.129.16", "255.255.255.255", "224.0.0.1", "198.18.0.1", "192.0.2.1", "240.0.0.1",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "2002:7f00:1::", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1",
    "2001:0:53aa:64c:0:fbfe:f5ff:fffe",
]  # fmt: skip
OUTER = ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", INNER)
def test_an_inner_address_is_out_of_reach(address: str) -> None:
    assert not Reach().permits(address)


@pytest.mark.parametrize("address", OUTER)
def test_a_public_address_is_within_reach(address: str) -> None:
    assert Reach().permits(address)


@given(st.ip_addresses(v=4))
def test_no_way_of_writing_an_inner_address_makes_it_public(address: ipaddress.IPv4Address) -> None:
    direct = Reach().permits(str(address))
    assert Reach().permits(f"::ffff:{address}") is direct
    assert Reach().permits(str(ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) + int(address)))) is direct


def test_a_network_that_is_named_is_within_reach_and_no_other() -> None:
    reach = parse_reach(["10.0.0.0/8", "fd00::/8"])
    assert reach.permits("10.1.2.3")
    assert reach.permits("::ffff:10.1.2.3")
    assert reach.permits("fd00::1")
    assert not reach.permits("192.168.0.1")


def test_a_network_with_host_bits_is_refused() -> None:
    with pytest.raises(Invalid, match="has host bits set"):
        parse_reach(["10.0.0.1/8"])


def test_what_is_no_address_is_out_of_reach() -> None:
    assert not Reach().permits("localhost")


@pytest.mark.parametrize("url", AMBIGUOUS)
def test_an_ambiguous_or_plain_address_is_refused_and_not_told(url: str) -> None:
    with pytest.raises(Invalid, match=r"^url must be an https:// address") as refusal:
        check_endpoint(url, "url")
    assert "example.com" not in str(refusal.value)


@pytest.mark.parametrize("url", [url for url in AMBIGUOUS if url != "http://example.com/"])
def test_the_address_of_a_service_is_no_less_strict_but_may_be_in_clear(url: str) -> None:
    for wrong in (url, url.replace("https://", "http://")):
        with pytest.raises(Invalid, match=r"^url must be an http:// or https:// address"):
            check_service(wrong, "url")


@pytest.mark.parametrize("url", FINE)
def test_the_address_of_a_service_is_taken_as_it_is(url: str) -> None:
    for fine in (url, url.replace("https://", "http://")):
        assert check_service(fine, "url") == fine


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Push.Example.com/wpush/v2/gAAA?x=1", "https://push.example.com"),
        ("https://push.example.com:443/", "https://push.example.com"),
        ("https://127.0.0.1:8443", "https://127.0.0.1:8443"),
        ("https://[2606:4700::1]:8443/hook", "https://[2606:4700::1]:8443"),
    ],
)
def test_an_endpoint_has_the_origin_that_a_browser_writes(url: str, expected: str) -> None:
    assert origin(check_endpoint(url, "url")) == expected
