"""Signatures of webhooks as Standard Webhooks defines them, version 1: an HMAC with SHA-256."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime

from notifications.domain.webhook import Webhook

_PREFIX = "whsec_"
_SHORTEST = 24
_LONGEST = 64


def parse_signing_keys(raw: bytes) -> tuple[bytes, ...]:
    """Read one secret a line: `whsec_` and 24 to 64 bytes in base64. Raises ValueError.

    With several, every call is signed by each, so that receivers can move from one to the next.
    """
    keys = tuple(_parse_key(line) for line in raw.decode().split())
    if not keys:
        raise ValueError("there is no key")
    return keys


def sign(webhook: Webhook, keys: Sequence[bytes], now: datetime) -> dict[str, str]:
    """Return the headers by which a receiver knows who called, when, and that nothing was changed."""
    timestamp = str(int(now.timestamp()))
    signed = f"{webhook.id}.{timestamp}.".encode() + webhook.body
    signatures = (f"v1,{b64encode(hmac.digest(key, signed, 'sha256')).decode()}" for key in keys)
    return {"webhook-id": webhook.id, "webhook-timestamp": timestamp, "webhook-signature": " ".join(signatures)}


def _parse_key(line: str) -> bytes:
    key = b64decode(line.removeprefix(_PREFIX), validate=True)
    if not line.startswith(_PREFIX) or not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError(f"a key is {_PREFIX} and {_SHORTEST} to {_LONGEST} bytes in base64")
    return key
