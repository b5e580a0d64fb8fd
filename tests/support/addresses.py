"""Addresses for requests to others: those that two parsers may read differently, or not at all, and good ones."""

from typing import Final

from notifications.domain.limits import MAX_ENDPOINT

AMBIGUOUS: Final = (
    "http://example.com/", "ftp://example.com/", "example.com", "https://", "https:///path", "https://a b/",
    "https://user@example.com/", "https://user:secret@example.com/", "https://example.com#part",
    "https://example.com\\@evil.example/", "https://example.com/\r\nHost: evil", "https://exämple.com/",
    "https://example.com:port/", "https://example.com/" + "a" * MAX_ENDPOINT, " https://example.com/",
    "https://example.com\n", "https://[bad]", "https://[]", "https://[1.2.3.4]", "https://[.002E:C4]", "https://[::1::2]",
    "https://[:::]", "https://[fe80::1%eth0]", "https://[::99999]", "https://[1:2:3:4:5:6:7]", "https://[::]x",
    "https://[.002E:C4]/", "https://[1.2.3.4]/", "https://[::1::2]/", "https://[::]:99/[x]@example.com/\n",
)  # fmt: skip
FINE: Final = (
    "https://example.com", "https://example.com:8443", "https://127.0.0.1", "https://[::]", "https://[::1]:8443",
    "https://[2606:4700::1]", "https://[1:2:3:4:5:6:7:8]", "https://[1:2:3:4:5:6:7::]", "https://[::2:3:4:5:6:7:8]",
    "https://[::ffff:1.2.3.4]",
)  # fmt: skip
