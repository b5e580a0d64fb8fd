"""The keys that tokens are verified with: each has one algorithm, fixed in configuration, never taken from a token."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from notifications.domain.errors import Misconfigured

ALGORITHMS = ("RS256", "ES256", "EdDSA", "HS256")
_MIN_SECRET = 32
_MIN_MODULUS = 2048


@dataclass(frozen=True, slots=True)
class Key:
    """One verification key. `material` is a public key object, or the bytes of an HS256 secret."""

    id: str
    algorithm: str
    material: Any


class KeySource(Protocol):
    """Where a key is configured."""

    @property
    def id(self) -> str:
        """The `kid` under which tokens name it."""
        ...

    @property
    def algorithm(self) -> str:
        """The only algorithm that it verifies."""
        ...

    @property
    def file(self) -> str:
        """The path of its file."""
        ...


def load_keys(sources: Iterable[KeySource]) -> list[Key]:
    """Read all configured keys. Raises Misconfigured."""
    keys = [load_key(source.id, source.algorithm, Path(source.file)) for source in sources]
    for id, count in Counter(key.id for key in keys).items():
        if count > 1:
            raise Misconfigured(f"auth.keys[{id}] is there {count} times: tokens name one key by its id")
    return keys


def load_key(id: str, algorithm: str, path: Path) -> Key:
    """Read a key file: PEM, or for HS256 a secret of at least 32 bytes. Raises Misconfigured."""
    if algorithm not in ALGORITHMS:
        raise Misconfigured(f"auth.keys[{id}].algorithm is {algorithm!r}: use one of {', '.join(ALGORITHMS)}")
    try:
        return _make_key(id, algorithm, path.read_bytes().strip())
    except OSError as error:
        raise Misconfigured(f"auth.keys[{id}].file {path} cannot be read: {error.strerror}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Misconfigured(f"auth.keys[{id}].file {path} is not a PEM public key for {algorithm}") from error


def _secret(id: str, raw: bytes) -> bytes:
    if len(raw) < _MIN_SECRET:
        raise Misconfigured(
            f"auth.keys[{id}].file holds a secret of {len(raw)} bytes: at least {_MIN_SECRET} are needed"
        )
    return raw


def parse_key(id: str, algorithm: str, raw: bytes) -> Key:
    """Make a key of the content of its file. Raises ValueError."""
    try:
        return _make_key(id, algorithm, raw.strip())
    except (Misconfigured, UnsupportedAlgorithm) as error:
        raise ValueError("that is not such a key") from error


def _make_key(id: str, algorithm: str, raw: bytes) -> Key:
    if algorithm == "HS256":
        return Key(id, algorithm, _secret(id, raw))
    return Key(id, algorithm, check_public_key(algorithm, load_pem_public_key(raw)))


def check_public_key(algorithm: str, key: object) -> object:
    """Return the key, or raise ValueError: a key of another kind would refuse every token without a word."""
    match algorithm, key:
        case "RS256", RSAPublicKey() if key.key_size >= _MIN_MODULUS:
            return key
        case "ES256", EllipticCurvePublicKey(curve=SECP256R1()):
            return key
        case "EdDSA", Ed25519PublicKey() | Ed448PublicKey():
            return key
    raise ValueError(f"the key is not one for {algorithm}")
