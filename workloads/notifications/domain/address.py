"""Which address a client has, as far as it can be believed."""

from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Final

_SHARED: Final = 64


def find_address(peer: str, forwarded: str, proxies: int) -> str:
    """Return the address that counts as one client's.

    `peer` is who has connected, and `forwarded` what X-Forwarded-For says: each of so many `proxies` before us has
    added the address that it was connected from, so only the last entries are worth more than what anybody may write.
    Who has an IPv6 address has a whole network of them, which counts as one.
    """
    said = forwarded.split(",")
    if proxies and len(said) >= proxies and (address := _read(said[-proxies])):
        return address
    return _read(peer) or peer


def _read(text: str) -> str:
    """Return an address, or the network of one, without the port that some proxies add; empty for what is none."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), _SHARED), strict=False))
