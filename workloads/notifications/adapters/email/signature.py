"""AWS Signature Version 4 of one POST without a query.

Written out because no library fits: botocore's signer comes with 21 MB of descriptions of services and a clock of its
own, AWS's small one (aws-sdk-signers) needs Python 3.12, and the others are bound to a client that is not used here or
have had no release for years. It is an HMAC over a text that AWS has fixed: a mistake in it is a request refused, never
one forged, and the examples that AWS publishes are among the tests.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key; with a session token if it is a temporary one."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a signature is good for."""

    region: str
    service: str


def sign(
    url: str, headers: Mapping[str, str], body: bytes, credentials: Credentials, scope: Scope, now: datetime
) -> dict[str, str]:
    """Return the headers, by lower-case names, with all that AWS needs to know who sent them."""
    parts = urlsplit(url)
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    signed = {**headers, "host": parts.netloc, "x-amz-date": stamp}
    if credentials.session_token is not None:
        signed["x-amz-security-token"] = credentials.session_token
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{' '.join(signed[name].split())}\n" for name in sorted(signed))
    canonical = f"POST\n{parts.path or '/'}\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    range_ = f"{stamp[:8]}/{scope.region}/{scope.service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    signature = _hmac(_derive(credentials, stamp[:8], scope), f"{_ALGORITHM}\n{stamp}\n{range_}\n{digest}").hex()
    who = f"Credential={credentials.access_key}/{range_}"
    return {**signed, "authorization": f"{_ALGORITHM} {who}, SignedHeaders={names}, Signature={signature}"}


def _derive(credentials: Credentials, day: str, scope: Scope) -> bytes:
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (day, scope.region, scope.service, "aws4_request"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
