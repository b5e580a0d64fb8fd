"""From a token to a principal. Everything that a token says of itself is distrusted until its signature is verified."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import jwt

from notifications.adapters.jwt.keys import Key
from notifications.domain.errors import Invalid, Refused, TokenExpired, Unauthenticated, Unavailable
from notifications.domain.limits import MAX_TOKEN, MAX_TOKEN_LIFE
from notifications.domain.notification import UserKey
from notifications.domain.principal import Principal
from notifications.domain.text import check_id, check_tenant
from notifications.ports.clock import Clock

_REQUIRED = ["exp", "iss", "aud", "sub"]
_FORBIDDEN_HEADERS = frozenset({"crit", "jku", "jwk", "x5u", "x5c", "b64"})
_LEEWAY = 30
_LONGEST_LIFE = timedelta(seconds=MAX_TOKEN_LIFE)
_CACHED = 10_000
_HEADERS = 64
_MOST_NAMES = 1_000
DEFAULT_TENANT = "default"


class TokenVerifier:
    """Verifies signature, issuer, audience and times; remembers tokens it has verified until they expire."""

    def __init__(self, keys: Sequence[Key], issuer: str, audience: str, clock: Clock) -> None:
        self._keys = {key.id: key for key in keys}
        self._issuer = issuer
        self._audience = audience
        self._clock = clock
        self._verified: OrderedDict[str, Principal] = OrderedDict()
        self.may_come: Callable[[], bool] = lambda: False
        """Asked of a key that is not known: whether it may be soon."""

    def replace(self, keys: Sequence[Key]) -> None:
        """Verify with these keys from now on, also what was verified before."""
        self._keys = {key.id: key for key in keys}
        self._verified.clear()

    def verify(self, token: object) -> Principal:
        """Return who the token speaks for. Raises Unauthenticated, TokenExpired, or Unavailable while keys may come."""
        if not isinstance(token, str) or not token:
            raise Unauthenticated("a token is required")
        if len(token) > MAX_TOKEN:
            raise Unauthenticated("the token is too long")
        principal = self._verified.get(token) or self._remember(token, self._read(token))
        if principal.expires_at <= self._clock():
            self._verified.pop(token, None)
            raise TokenExpired
        return principal

    def _remember(self, token: str, principal: Principal) -> Principal:
        self._verified[token] = principal
        if len(self._verified) > _CACHED:
            self._verified.popitem(last=False)
        return principal

    def _read(self, token: str) -> Principal:
        try:
            return self._check_life(_principal(self._claims(token)))
        except jwt.ExpiredSignatureError as error:
            raise TokenExpired from error
        except (jwt.PyJWTError, Refused, ValueError, TypeError, OSError, OverflowError, RecursionError) as error:
            raise Unauthenticated(f"the token does not verify: {error}") from error

    def _check_life(self, principal: Principal) -> Principal:
        """Refuse a token of which a revocation would have to be remembered for ever."""
        if principal.expires_at - (principal.issued_at or self._clock()) > _LONGEST_LIFE:
            raise Unauthenticated(f"it lives for longer than {_LONGEST_LIFE.days} days")
        return principal

    def _claims(self, token: str) -> dict[str, Any]:
        key = self._key_for(_read_header(token.partition(".")[0]))
        return jwt.decode(
            token,
            key.material,
            algorithms=[key.algorithm],
            issuer=self._issuer,
            audience=self._audience,
            leeway=_LEEWAY,
            options={"require": _REQUIRED, "verify_exp": True, "strict_aud": False},
        )

    def _key_for(self, header: dict[str, Any]) -> Key:
        """Find the key by `kid`, which is only a look-up name; a token without one fits when there is just one key."""
        if _FORBIDDEN_HEADERS & header.keys():
            raise Unauthenticated("its header names keys or extensions of its own")
        kid = header.get("kid")
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if isinstance(kid, str) and (key := self._keys.get(kid)):
            return key
        if self.may_come():
            raise Unavailable("the keys of tokens are being fetched: try again")
        raise Unauthenticated("its key is not known here")


@lru_cache(_HEADERS)
def _read_header(segment: str) -> dict[str, Any]:
    """Return the header, which an issuer's tokens have in common; to check it again costs a fifth of a verification."""
    return jwt.get_unverified_header(f"{segment}..")


def _principal(claims: dict[str, Any]) -> Principal:
    tenant = check_tenant(_text(claims.get("tenant", DEFAULT_TENANT), "tenant"))
    owner = UserKey(tenant, check_id(_text(claims["sub"], "sub"), "sub"))
    return Principal(
        owner=owner,
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        groups=_names(claims.get("groups", []), "groups"),
        roles=_names(claims.get("roles", []), "roles"),
        scopes=frozenset(_text(claims.get("scope", ""), "scope").split()),
        token_id=check_id(_text(claims["jti"], "jti"), "jti") if "jti" in claims else None,
        issued_at=datetime.fromtimestamp(claims["iat"], UTC) if "iat" in claims else None,
    )


def _text(value: object, claim: str) -> str:
    if not isinstance(value, str):
        raise Invalid(f"{claim} is not a string")
    return value


def _names(value: object, claim: str) -> frozenset[str]:
    if not isinstance(value, list) or len(value) > _MOST_NAMES:
        raise Invalid(f"{claim} is not a list of at most {_MOST_NAMES} strings")
    return frozenset(check_id(_text(name, claim), claim) for name in value)
