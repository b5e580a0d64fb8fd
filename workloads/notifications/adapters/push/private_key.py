"""Private keys that sign tokens."""

from base64 import urlsafe_b64decode

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, derive_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_SCALAR = 32


def parse_rsa_key(pem: bytes) -> RSAPrivateKey:
    """Read an unencrypted PEM key for RS256. Raises ValueError."""
    match _load(pem):
        case RSAPrivateKey() as key:
            return key
    raise ValueError("the key is no RSA key")


def parse_p256_key(pem: bytes) -> EllipticCurvePrivateKey:
    """Read an unencrypted PEM key for ES256, as Apple hands it out (.p8). Raises ValueError."""
    match _load(pem):
        case EllipticCurvePrivateKey(curve=SECP256R1()) as key:
            return key
    raise ValueError("the key is not on P-256")


def parse_vapid_key(raw: bytes) -> EllipticCurvePrivateKey:
    """Read a PEM key for ES256, or 32 bytes in base64url as generators of VAPID keys print it. Raises ValueError."""
    if raw.lstrip().startswith(b"-----BEGIN"):
        return parse_p256_key(raw)
    scalar = urlsafe_b64decode(raw.strip() + b"=")
    if len(scalar) != _SCALAR:
        raise ValueError(f"the key is not {_SCALAR} bytes long")
    return derive_private_key(int.from_bytes(scalar, "big"), SECP256R1())


def _load(pem: bytes) -> object:
    try:
        return load_pem_private_key(pem, password=None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("the key is encrypted, or of a kind that is not known") from error
