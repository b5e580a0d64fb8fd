"""Somebody's endpoint for webhooks: checks the signature and the age as Standard Webhooks asks for."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.integration.providers.service import Reply, Seen

SECRET = b"thirty-two bytes for a signature"
TOLERANCE = 300


@dataclass
class Endpoint:
    """One receiver."""

    secret: bytes = SECRET
    events: list[dict[str, Any]] = field(default_factory=list)

    def key_file(self) -> bytes:
        """What the sender is given."""
        return b"whsec_" + base64.b64encode(self.secret) + b"\n"

    def verify(self, seen: Seen) -> Reply:
        """Take the event if it is signed, and fresh."""
        stamp = seen.headers["webhook-timestamp"]
        signed = b".".join([seen.headers["webhook-id"].encode(), stamp.encode(), seen.body])
        expected = base64.b64encode(hmac.new(self.secret, signed, hashlib.sha256).digest()).decode()
        versions = [entry.split(",", 1) for entry in seen.headers["webhook-signature"].split(" ")]
        if ["v1", expected] not in versions or abs(datetime.now(UTC).timestamp() - int(stamp)) > TOLERANCE:
            return Reply(401)
        assert seen.headers["content-type"] == "application/json"
        self.events.append(json.loads(seen.body))
        return Reply(204)
