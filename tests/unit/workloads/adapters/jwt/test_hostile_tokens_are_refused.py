"""Whatever a token says of itself, only a signature by a configured key makes it one of ours."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from notifications.adapters.jwt.keys import Key
from notifications.adapters.jwt.verifier import TokenVerifier
from notifications.clock import now
from notifications.domain.errors import TokenExpired, Unauthenticated

ISSUER, AUDIENCE = "notifications", "notifications"
SECRET = b"a secret of more than 32 bytes for the tests"


def encode(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@dataclass(frozen=True)
class Forge:
    """The private halves of the keys that the verifier trusts, and tokens made with and without them."""

    rsa: rsa.RSAPrivateKey
    ec: ec.EllipticCurvePrivateKey
    ed: ed25519.Ed25519PrivateKey

    @property
    def verifier(self) -> TokenVerifier:
        keys = [
            Key("demo", "HS256", SECRET),
            Key("rsa", "RS256", self.rsa.public_key()),
            Key("ec", "ES256", self.ec.public_key()),
            Key("ed", "EdDSA", self.ed.public_key()),
        ]
        return TokenVerifier(keys, ISSUER, AUDIENCE, now)

    def claims(self, **changes: object) -> dict[str, object]:
        return {"sub": "alice", "iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 3600, **changes}

    def sign(self, header: object, payload: bytes, secret: bytes = SECRET) -> str:
        """A token with any header and payload, correctly signed by HMAC with `secret`."""
        signed = f"{encode(json.dumps(header).encode())}.{encode(payload)}"
        return f"{signed}.{encode(hmac.digest(secret, signed.encode(), hashlib.sha256))}"

    def headed(self, secret: bytes = SECRET, **changes: object) -> str:
        """A token with a good payload; the header is good but for the changes."""
        header = {"alg": "HS256", "typ": "JWT", "kid": "demo", **changes}
        return self.sign(header, json.dumps(self.claims()).encode(), secret)

    def claiming(self, **changes: object) -> str:
        """A correctly signed token whose claims are good but for the changes."""
        return self.raw(json.dumps(self.claims(**changes)))

    def without(self, *names: str) -> str:
        kept = {name: value for name, value in self.claims().items() if name not in names}
        return self.raw(json.dumps(kept))

    def raw(self, payload: str) -> str:
        return self.sign({"alg": "HS256", "kid": "demo"}, payload.encode())

    def number(self, name: str, text: str) -> str:
        """A correctly signed token with a number that Python's json would not write."""
        return self.raw(json.dumps(self.claims(**{name: "@"})).replace('"@"', text))

    def unsigned(self, algorithm: str, signature: str = "") -> str:
        header, payload = {"alg": algorithm, "kid": "demo"}, json.dumps(self.claims()).encode()
        return f"{encode(json.dumps(header).encode())}.{encode(payload)}.{signature}"

    def proper(self, kid: str, algorithm: str, key: Any, **changes: object) -> str:
        return jwt.encode(self.claims(**changes), key, algorithm=algorithm, headers={"kid": kid})

    def resigned(self, token: str, signature: bytes) -> str:
        return f"{token.rpartition('.')[0]}.{encode(signature)}"

    @property
    def pem(self) -> bytes:
        return self.rsa.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(scope="module")
def forge() -> Forge:
    return Forge(
        rsa.generate_private_key(65537, 2048),
        ec.generate_private_key(ec.SECP256R1()),
        ed25519.Ed25519PrivateKey.generate(),
    )


Attack = Callable[[Forge], object]

NOT_TOKENS: dict[str, Attack] = {
    "nothing": lambda f: None,
    "empty": lambda f: "",
    "a number": lambda f: 42,
    "bytes": lambda f: f.headed().encode(),
    "a list": lambda f: [f.headed()],
    "an object": lambda f: {"token": f.headed()},
    "a word": lambda f: "token",
    "dots": lambda f: "..",
    "two parts": lambda f: f.headed().rpartition(".")[0],
    "four parts": lambda f: f"{f.headed()}.x",
    "five parts, as an encrypted one": lambda f: "a.b.c.d.e",
    "spaces around": lambda f: f" {f.headed()} ",
    "a line break inside": lambda f: f.headed().replace(".", ".\n", 1),
    "a lone surrogate": lambda f: "\ud800." + f.headed(),
    "NUL": lambda f: f"{f.headed()}\0",
    "not base64": lambda f: "*.*.*",
    "10 kB": lambda f: f.claiming(padding="x" * 10_000),
    "10 MB": lambda f: "x" * 10_000_000,
    "a header that is not JSON": lambda f: f"{encode(b'{')}.e30.e30",
    "a header that is a list": lambda f: f.sign(["HS256"], b"{}"),
    "a header nested deeply": lambda f: f"{encode(b'[' * 3000)}.e30.e30",
    "a payload that is not JSON": lambda f: f.raw("{"),
    "a payload that is a list": lambda f: f.raw("[]"),
    "a payload that is not UTF-8": lambda f: f.sign({"alg": "HS256", "kid": "demo"}, b'{"sub":"\xff"}'),
    "a payload nested deeply": lambda f: f.raw('{"sub":' + "[" * 3000 + "]" * 3000 + "}"),
    "a payload with a number of 4,999 digits": lambda f: f.number("iat", "9" * 4999),
}
ALGORITHMS: dict[str, Attack] = {
    "alg none": lambda f: f.unsigned("none"),
    "alg None": lambda f: f.unsigned("None"),
    "alg nOnE": lambda f: f.unsigned("nOnE"),
    "alg none with a signature": lambda f: f.unsigned("none", f.headed().rpartition(".")[2]),
    "alg empty": lambda f: f.unsigned(""),
    "alg missing": lambda f: f.sign({"kid": "demo"}, json.dumps(f.claims()).encode()),
    "alg a number": lambda f: f.headed(alg=256),
    "alg a list": lambda f: f.headed(alg=["HS256"]),
    "alg hs256": lambda f: f.headed(alg="hs256"),
    "alg HS512 by the right secret": lambda f: jwt.encode(f.claims(), SECRET * 2, "HS512", {"kid": "demo"}),
    "alg RS256 on the secret": lambda f: f.headed(alg="RS256"),
    "HS256 by the RSA key's public half": lambda f: f.headed(f.pem, kid="rsa"),
    "HS256 by that half without its line end": lambda f: f.headed(f.pem.strip(), kid="rsa"),
    "HS256 by another secret": lambda f: f.headed(b"another secret of more than 32 bytes, as it happens"),
    "HS256 by an empty secret": lambda f: f.headed(b""),
    "RS256 under the kid of the EC key": lambda f: f.proper("ec", "RS256", f.rsa),
    "RS256 by another key": lambda f: f.proper("rsa", "RS256", rsa.generate_private_key(65537, 2048)),
    "PS256 by the right key": lambda f: f.proper("rsa", "PS256", f.rsa),
    "ES256 by another key": lambda f: f.proper("ec", "ES256", ec.generate_private_key(ec.SECP256R1())),
    "ES256 with r = s = 0": lambda f: f.resigned(f.proper("ec", "ES256", f.ec), bytes(64)),
    "ES256 with r = s = n": lambda f: f.resigned(f.proper("ec", "ES256", f.ec), b"\xff" * 64),
    "ES256 with a short signature": lambda f: f.resigned(f.proper("ec", "ES256", f.ec), b"\x01"),
    "ES256 without a signature": lambda f: f.resigned(f.proper("ec", "ES256", f.ec), b""),
    "EdDSA by another key": lambda f: f.proper("ed", "EdDSA", ed25519.Ed25519PrivateKey.generate()),
    "EdDSA under the kid of the secret": lambda f: f.proper("demo", "EdDSA", f.ed),
}
HEADERS: dict[str, Attack] = {
    "kid missing among several keys": lambda f: f.sign({"alg": "HS256"}, json.dumps(f.claims()).encode()),
    "kid unknown": lambda f: f.headed(kid="other"),
    "kid empty": lambda f: f.headed(kid=""),
    "kid a path": lambda f: f.headed(kid="../../../../dev/null"),
    "kid SQL": lambda f: f.headed(kid="demo' OR 1=1 --"),
    "kid an address": lambda f: f.headed(kid="http://127.0.0.1/keys"),
    "kid of 5 kB": lambda f: f.headed(kid="k" * 5_000),
    "kid a number": lambda f: f.headed(kid=1),
    "kid a list": lambda f: f.headed(kid=["demo"]),
    "kid null among several keys": lambda f: f.headed(kid=None),
    "kid with NUL": lambda f: f.headed(kid="demo\0"),
    "jku": lambda f: f.headed(jku="https://keys.example/jwks"),
    "jwk": lambda f: f.headed(jwk={"kty": "oct", "k": encode(SECRET)}),
    "x5u": lambda f: f.headed(x5u="https://keys.example/cert"),
    "x5c": lambda f: f.headed(x5c=["MIIB"]),
    "crit": lambda f: f.headed(crit=["exp"]),
    "crit empty": lambda f: f.headed(crit=[]),
    "b64 false": lambda f: f.headed(b64=False),
}
CLAIMS: dict[str, Attack] = {
    "no exp": lambda f: f.without("exp"),
    "no iss": lambda f: f.without("iss"),
    "no aud": lambda f: f.without("aud"),
    "no sub": lambda f: f.without("sub"),
    "nothing claimed": lambda f: f.raw("{}"),
    "exp null": lambda f: f.claiming(exp=None),
    "exp a number in a string": lambda f: f.claiming(exp="99999999999"),
    "exp a date in a string": lambda f: f.claiming(exp="2099-01-01T00:00:00Z"),
    "exp a list": lambda f: f.claiming(exp=[99999999999]),
    "exp 1e400": lambda f: f.number("exp", "1e400"),
    "exp NaN": lambda f: f.number("exp", "NaN"),
    "exp Infinity": lambda f: f.number("exp", "Infinity"),
    "exp in 367 days": lambda f: f.claiming(exp=int(time.time()) + 367 * 86_400),
    "a life of 367 days": lambda f: f.claiming(iat=int(time.time()) - 366 * 86_400, exp=int(time.time()) + 86_400),
    "iat in the future": lambda f: f.claiming(iat=int(time.time()) + 120),
    "iat a word": lambda f: f.claiming(iat="now"),
    "iat a number in a string": lambda f: f.claiming(iat=str(int(time.time()))),
    "iat null": lambda f: f.claiming(iat=None),
    "iat not a number": lambda f: f.number("iat", "NaN"),
    "iat before everything": lambda f: f.number("iat", "-1e999"),
    "jti empty": lambda f: f.claiming(jti=""),
    "jti of 129 letters": lambda f: f.claiming(jti="a" * 129),
    "exp in the year 31,690,708": lambda f: f.claiming(exp=10**15),
    "exp beyond what the machine's clock knows": lambda f: f.claiming(exp=10**17),
    "exp of 300 digits": lambda f: f.number("exp", "9" * 300),
    "iss of somebody else": lambda f: f.claiming(iss="somebody"),
    "iss empty": lambda f: f.claiming(iss=""),
    "iss a list with ours": lambda f: f.claiming(iss=[ISSUER]),
    "aud of somebody else": lambda f: f.claiming(aud="somebody"),
    "aud an empty list": lambda f: f.claiming(aud=[]),
    "aud a list without ours": lambda f: f.claiming(aud=["somebody", "notifications2"]),
    "aud a list with ours and a number": lambda f: f.claiming(aud=[AUDIENCE, 1]),
    "aud ours in a list in a list": lambda f: f.claiming(aud=[[AUDIENCE]]),
    "aud an object with ours": lambda f: f.claiming(aud={AUDIENCE: True}),
    "aud a part of ours": lambda f: f.claiming(aud="notif"),
    "nbf in an hour": lambda f: f.claiming(nbf=int(time.time()) + 3600),
    "nbf a word": lambda f: f.claiming(nbf="soon"),
    "nbf 1e400": lambda f: f.number("nbf", "1e400"),
    "iat in an hour": lambda f: f.claiming(iat=int(time.time()) + 3600),
    "iat a list": lambda f: f.claiming(iat=[]),
    "iat 1e400": lambda f: f.number("iat", "1e400"),
    "sub a number": lambda f: f.claiming(sub=1),
    "sub a list": lambda f: f.claiming(sub=["alice"]),
    "sub empty": lambda f: f.claiming(sub=""),
    "sub of 129 characters": lambda f: f.claiming(sub="a" * 129),
    "sub with NUL": lambda f: f.claiming(sub="alice\0"),
    "sub with a lone surrogate": lambda f: f.claiming(sub="\ud800"),
    "tenant a number": lambda f: f.claiming(tenant=1),
    "tenant empty": lambda f: f.claiming(tenant=""),
    "tenant with a dot": lambda f: f.claiming(tenant="acme.other"),
    "tenant a wildcard": lambda f: f.claiming(tenant="*"),
    "tenant all below": lambda f: f.claiming(tenant=">"),
    "tenant in upper case": lambda f: f.claiming(tenant="ACME"),
    "tenant of 64 characters": lambda f: f.claiming(tenant="a" * 64),
    "tenant with a line break at its end": lambda f: f.claiming(tenant="acme\n"),
    "tenant in other digits": lambda f: f.claiming(tenant="١٢"),
    "groups a string": lambda f: f.claiming(groups="admins"),
    "groups an object": lambda f: f.claiming(groups={"admins": True}),
    "groups with a number": lambda f: f.claiming(groups=[1]),
    "groups with an empty name": lambda f: f.claiming(groups=[""]),
    "groups of 1,001 names": lambda f: f.claiming(groups=[str(n) for n in range(1_001)]),
    "roles a string": lambda f: f.claiming(roles="admin"),
    "roles null": lambda f: f.claiming(roles=None),
    "scope a list": lambda f: f.claiming(scope=["notifications:write"]),
    "jti a number": lambda f: f.claiming(jti=1),
}
HOSTILE = {**NOT_TOKENS, **ALGORITHMS, **HEADERS, **CLAIMS}

EXPIRED: dict[str, Attack] = {
    "an hour ago": lambda f: f.claiming(exp=int(time.time()) - 3600),
    "a second ago": lambda f: f.claiming(exp=int(time.time()) - 1),
    "in 1970": lambda f: f.claiming(exp=0),
    "before 1970": lambda f: f.claiming(exp=-(10**10)),
    "by a fraction": lambda f: f.claiming(exp=time.time() - 0.01),
    "long before there was time": lambda f: f.claiming(exp=-(10**17)),
    "by an RSA key": lambda f: f.proper("rsa", "RS256", f.rsa, exp=1),
}


def test_the_corpus_is_large() -> None:
    assert len(HOSTILE) == len(NOT_TOKENS) + len(ALGORITHMS) + len(HEADERS) + len(CLAIMS)
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize("attack", [pytest.param(attack, id=name) for name, attack in HOSTILE.items()])
def test_a_hostile_token_is_refused_as_unauthenticated(forge: Forge, attack: Attack) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        forge.verifier.verify(attack(forge))
    assert refusal.type is Unauthenticated
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize("attack", [pytest.param(attack, id=name) for name, attack in EXPIRED.items()])
def test_an_expired_token_is_told_apart(forge: Forge, attack: Attack) -> None:
    with pytest.raises(TokenExpired, match=r"^Token expired$"):
        forge.verifier.verify(attack(forge))


def test_an_expired_token_with_a_wrong_signature_is_merely_wrong(forge: Forge) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        forge.verifier.verify(forge.resigned(forge.claiming(exp=1), bytes(32)))
    assert refusal.type is Unauthenticated


@given(where=st.floats(0, 1, exclude_max=True), letter=st.sampled_from("ABab01-_.=\0é"))
def test_no_letter_of_a_token_can_be_changed(forge: Forge, where: float, letter: str) -> None:
    token = forge.headed()
    place = int(where * (len(token) - 1))  # the last letter of a signature has two bits that mean nothing
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        with pytest.raises(Unauthenticated):
            forge.verifier.verify(changed)


@given(header=st.binary(max_size=60), payload=st.binary(max_size=60), signature=st.binary(max_size=40))
def test_no_bytes_in_the_shape_of_a_token_do_more_than_being_refused(
    forge: Forge, header: bytes, payload: bytes, signature: bytes
) -> None:
    with pytest.raises(Unauthenticated):
        forge.verifier.verify(f"{encode(header)}.{encode(payload)}.{encode(signature)}")


@given(st.dictionaries(st.sampled_from(["sub", "exp", "iss", "aud", "tenant", "groups", "nbf"]), st.none() | st.text()))
def test_wrong_claims_that_are_signed_are_refused_like_any_other(forge: Forge, claims: dict[str, object]) -> None:
    with pytest.raises(Unauthenticated):
        forge.verifier.verify(forge.raw(json.dumps({**forge.claims(), "exp": None, **claims})))
