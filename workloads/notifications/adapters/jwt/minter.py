"""Makes tokens for people who try the system out. Only an HS256 key can: the others hold public halves."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import jwt

from notifications.adapters.jwt.keys import Key
from notifications.domain.errors import Misconfigured


class TokenMinter:
    """Signs with the first HS256 key of the configuration."""

    def __init__(self, keys: list[Key], issuer: str, audience: str) -> None:
        secret_keys = [key for key in keys if key.algorithm == "HS256"]
        if not secret_keys:
            raise Misconfigured("auth.keys has no HS256 key: tokens must come from whoever holds the private keys")
        self._key = secret_keys[0]
        self._issuer = issuer
        self._audience = audience

    def mint(self, claims: Mapping[str, object], now: datetime, ttl: timedelta) -> str:
        """Return a token with these claims, valid from `now` for `ttl`."""
        times = {"iat": now, "exp": now + ttl}
        complete = {**claims, **times, "iss": self._issuer, "aud": self._audience}
        return jwt.encode(complete, self._key.material, algorithm="HS256", headers={"kid": self._key.id})
