"""An issuer of tokens, whose keys come and go."""

import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from notifications.domain.errors import Unavailable


class Issuer:
    """Publishes a key for each of its names, unless it is `away`; `fetches` counts how often it was asked."""

    def __init__(self, *names: str) -> None:
        self.keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in names}
        self.away = False
        self.fetches = 0

    def add(self, name: str) -> None:
        """Make a key."""
        self.keys[name] = ec.generate_private_key(ec.SECP256R1())

    def sign(self, name: str, **claims: object) -> str:
        """Make a token."""
        stated = {"sub": "alice", "iss": "us", "aud": "us", "exp": int(time.time()) + 3600, **claims}
        return jwt.encode(stated, self.keys[name], "ES256", headers={"kid": name})

    def document(self) -> bytes:
        """What is at the address."""
        return json.dumps({"keys": [self._entry(name) for name in self.keys]}).encode()

    async def fetch(self) -> bytes:
        """Return that."""
        self.fetches += 1
        if self.away:
            raise Unavailable("the address answered 500")
        return self.document()

    def _entry(self, name: str) -> dict[str, Any]:
        return {**ECAlgorithm.to_jwk(self.keys[name].public_key(), as_dict=True), "kid": name, "use": "sig"}
