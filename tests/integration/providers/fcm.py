"""Google's token service and FCM: verify the assertion by the public key, and the token that was issued for it."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.integration.providers.service import Reply, Seen, json_reply

PROJECT = "a-project"
EMAIL = "sender@a-project.iam.gserviceaccount.com"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"


@dataclass
class Fcm:
    """The services for one project."""

    key: RSAPrivateKey = field(default_factory=lambda: generate_private_key(65537, 2048))
    life: int = 3600
    issued: list[str] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    messages: list[dict[str, Any]] = field(default_factory=list)

    def key_file(self, url: str) -> bytes:
        """What Google hands out for the service account."""
        pem = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        document = {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "key-1",
            "private_key": pem.decode(),
            "client_email": EMAIL,
            "token_uri": f"{url}/token",
        }
        return json.dumps(document).encode()

    def verify(self, seen: Seen) -> Reply:
        """Issue a token, or take a message."""
        if seen.path == "/token":
            return self._issue(seen)
        if seen.path != f"/v1/projects/{PROJECT}/messages:send":
            return Reply(404, b"<html>no such page</html>")
        token = seen.headers["authorization"].removeprefix("Bearer ")
        if token not in self.issued or token in self.revoked:
            return refuse(401, "UNAUTHENTICATED")
        self.messages.append(json.loads(seen.body)["message"])
        return json_reply(200, {"name": f"projects/{PROJECT}/messages/{len(self.messages)}"})

    def _issue(self, seen: Seen) -> Reply:
        form = {name: value for name, [value] in parse_qs(seen.body.decode()).items()}
        audience = f"https://{seen.headers['host']}/token"
        try:
            # A test may have moved the clock of the client
            claims = jwt.decode(
                form["assertion"], self.key.public_key(), ["RS256"], audience=audience, options={"verify_iat": False}
            )
        except jwt.PyJWTError:
            return json_reply(400, {"error": "invalid_grant"})
        right = {"iss": EMAIL, "scope": SCOPE}
        if form["grant_type"] != "urn:ietf:params:oauth:grant-type:jwt-bearer" or not right.items() <= claims.items():
            return json_reply(400, {"error": "invalid_grant"})
        assert claims["exp"] - claims["iat"] <= 3600
        self.issued.append(f"ya29.{len(self.issued)}")
        return json_reply(200, {"access_token": self.issued[-1], "expires_in": self.life, "token_type": "Bearer"})


def refuse(status: int, name: str, code: str | None = None, field: str | None = None, **headers: str) -> Reply:
    """An error as FCM words it."""
    details: list[dict[str, object]] = []
    if code is not None:
        details.append({"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code})
    if field is not None:
        violation = {"field": field, "description": "invalid"}
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]})
    error = {"code": status, "message": "the token dGVzdA is wrong", "status": name, "details": details}
    return json_reply(status, {"error": error}, **headers)
