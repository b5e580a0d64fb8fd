"""The identity provider of the production-like cluster: signs tokens with a key of which the cluster knows one half."""

import time
from dataclasses import dataclass

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUER = "https://id.example.com"
AUDIENCE = "notifications"
KEY = "main"
SECONDS = 3600


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """Both halves of the key, in PEM."""

    private_key: str
    public_key: str

    @classmethod
    def create(cls) -> "IdentityProvider":
        """One with a new key."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return cls(private.decode(), public.decode())

    def sign(self, user: str) -> str:
        """A token for `user`, who may also send."""
        claims = {"sub": user, "iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + SECONDS}
        return jwt.encode(
            {**claims, "scope": "notifications:write"}, self.private_key, algorithm="RS256", headers={"kid": KEY}
        )
