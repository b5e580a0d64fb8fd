"""Apple's push service: verifies the provider token by the public key."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key

from tests.integration.providers.service import Reply, Seen

TEAM, KEY_ID, TOPIC = "TEAM123456", "KEY1234567", "com.example.app"


@dataclass
class Apns:
    """The service for one team."""

    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    tokens: list[str] = field(default_factory=list)
    payloads: list[dict[str, Any]] = field(default_factory=list)

    def verify(self, seen: Seen) -> Reply:
        """Take the message if it says who sends it and to which app."""
        if not seen.path.startswith("/3/device/") or seen.headers[":method"] != "POST":
            return refuse(404, "BadPath")
        token = seen.headers["authorization"].removeprefix("bearer ")
        try:
            claims = jwt.decode(token, self.key.public_key(), ["ES256"], issuer=TEAM, options={"verify_iat": False})
        except jwt.PyJWTError:
            return refuse(403, "InvalidProviderToken")
        if abs(datetime.now(UTC).timestamp() - claims["iat"]) > 3600:
            return refuse(403, "ExpiredProviderToken")
        if jwt.get_unverified_header(token)["kid"] != KEY_ID:
            return refuse(403, "InvalidProviderToken")
        if seen.headers["apns-topic"] != TOPIC or seen.headers["apns-push-type"] != "alert":
            return refuse(400, "TopicDisallowed")
        self.tokens.append(token)
        self.payloads.append(json.loads(seen.body))
        return Reply(200, b"", {"apns-id": seen.headers["apns-id"].upper()})


def refuse(status: int, reason: str, **headers: str) -> Reply:
    """An error as Apple words it."""
    return Reply(status, json.dumps({"reason": reason}).encode(), headers)
