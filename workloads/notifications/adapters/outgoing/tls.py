"""TLS as a client that trusts nobody without a certificate."""

import ssl
from pathlib import Path

from notifications.domain.errors import Misconfigured


def verify(authority: Path | None) -> ssl.SSLContext:
    """Return a context that verifies certificate and name, by the machine's authorities and those of one PEM file.

    Raises Misconfigured for a file that holds none.
    """
    try:
        context = ssl.create_default_context()
        if authority is not None:
            context.load_verify_locations(authority)
    except (OSError, ValueError) as error:
        raise Misconfigured(f"the certificate authorities in {authority} cannot be read: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
