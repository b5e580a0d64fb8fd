"""Keys that an issuer publishes as a JSON Web Key Set (RFC 7517)."""

import json
from typing import Any, Final

import jwt
from cryptography.exceptions import UnsupportedAlgorithm

from notifications.adapters.jwt.keys import Key, check_public_key
from notifications.domain.limits import MAX_JWKS_KEYS

_ASYMMETRIC: Final = ("RSA", "EC", "OKP")
_ALGORITHMS: Final = ("RS256", "ES256", "EdDSA", None)
_MAX_ID: Final = 256


def read_key_set(document: bytes) -> dict[str, Key]:
    """Return the keys that verify tokens, by `kid`. Raises ValueError for what is no key set.

    Each has the algorithm that the set gives it, or that its type and curve imply; what is not for signatures, has no
    `kid`, is too weak or is not understood is left out, as the standard asks.
    """
    try:
        entries = json.loads(document)["keys"]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("it is not a JSON Web Key Set") from error
    if not isinstance(entries, list) or len(entries) > MAX_JWKS_KEYS:
        raise ValueError(f"it does not hold a list of at most {MAX_JWKS_KEYS} keys")
    read = [key for entry in entries if (key := _read_key(entry))]
    return {key.id: key for key in reversed(read)}  # of two with the same name the first counts


def _read_key(entry: Any) -> Key | None:
    if not isinstance(entry, dict) or not _verifies_signatures(entry):
        return None
    id = entry.get("kid")
    if not isinstance(id, str) or not 0 < len(id) <= _MAX_ID:
        return None
    try:
        read = jwt.PyJWK(entry)
        return Key(id, read.algorithm_name, check_public_key(read.algorithm_name, read.key))
    except (jwt.PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, KeyError, AttributeError):
        return None


def _verifies_signatures(entry: dict[str, Any]) -> bool:
    operations = entry.get("key_ops", ["verify"])
    return (
        entry.get("kty") in _ASYMMETRIC
        and entry.get("alg") in _ALGORITHMS
        and entry.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
    )
