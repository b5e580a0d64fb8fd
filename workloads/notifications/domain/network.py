"""Where requests may go whose destination somebody else chose: to https, and to addresses of the public internet."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from notifications.domain.errors import Invalid
from notifications.domain.limits import MAX_ENDPOINT

# Strict, so that no two parsers can read two hosts in it
ENDPOINT = re.compile(
    r"(https://(?:[A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?)"
    r"(?:[/?][A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]*)?"
)
_SERVICE = re.compile(ENDPOINT.pattern.replace("https", "https?", 1))
_LITERAL = re.compile(r"https?://\[([^\]]*)\]")
_NAT64 = IPv6Network("64:ff9b::/96")
# It looks public, and answers the virtual machines of a cloud with their secrets
_PLATFORM = frozenset({IPv4Address("168.63.129.16")})


@dataclass(frozen=True, slots=True)
class Reach:
    """The addresses that may be connected to: public ones, and those of the networks named here."""

    also: tuple[IPv4Network | IPv6Network, ...] = ()

    def permits(self, address: str) -> bool:
        """Say whether a numeric address, as a socket takes it, is within reach."""
        try:
            ip = _innermost(ip_address(address))
        except ValueError:
            return False
        return any(ip.version == network.version and ip in network for network in self.also) or _is_public(ip)


def parse_reach(networks: Iterable[str]) -> Reach:
    """Read networks such as `10.0.0.0/8`. Raises Invalid."""
    try:
        return Reach(tuple(ip_network(network) for network in networks))
    except ValueError as error:
        raise Invalid(f"a network is wrong: {error}") from error


def check_endpoint(url: str, field: str) -> str:
    """Return an https address in ASCII, without credentials and fragment. Raises Invalid, without telling it."""
    if len(url) > MAX_ENDPOINT or not ENDPOINT.fullmatch(url) or not _has_real_host(url):
        raise Invalid(f"{field} must be an https:// address of at most {MAX_ENDPOINT} characters, without credentials")
    return url


def check_service(url: str, field: str) -> str:
    """Return the address of a service of one's own, which may be one in clear, as within a cluster. Raises Invalid."""
    if len(url) > MAX_ENDPOINT or not _SERVICE.fullmatch(url) or not _has_real_host(url):
        raise Invalid(f"{field} must be an http:// or https:// address of at most {MAX_ENDPOINT} characters")
    return url


def _has_real_host(url: str) -> bool:
    """Say whether what stands in brackets, if the host does, is an address: libraries fail in their own ways."""
    literal = _LITERAL.match(url)
    try:
        return literal is None or bool(IPv6Address(literal[1]))
    except ValueError:
        return False


def origin(endpoint: str) -> str:
    """Return scheme, host and port of a checked endpoint, as a browser writes them."""
    match = ENDPOINT.fullmatch(endpoint)
    if match is None:
        raise Invalid("the endpoint was not checked")
    return match[1].lower().removesuffix(":443")


def _innermost(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else ip)


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and ip not in _PLATFORM
