"""Access tokens of Google for a service account, each used until shortly before it expires."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from notifications.adapters.push.private_key import parse_rsa_key
from notifications.domain.answer import temporary
from notifications.domain.errors import TemporaryFailure
from notifications.ports.clock import Clock
from notifications.ports.outgoing import Outgoing, Request
from notifications.ports.secret import Secret

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_LIFE = timedelta(hours=1)
_EARLY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """What the key file of a service account says."""

    project: str
    email: str
    key_id: str
    token_url: str
    key: RSAPrivateKey = field(repr=False)


class _KeyFile(msgspec.Struct, frozen=True):
    project_id: str
    client_email: str
    private_key_id: str
    private_key: str
    token_uri: str


class _Grant(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float


@dataclass(frozen=True, slots=True)
class _Token:
    account: ServiceAccount
    text: str = field(repr=False)
    renew_at: datetime


def parse_service_account(raw: bytes) -> ServiceAccount:
    """Read the JSON key file that Google hands out. Raises ValueError."""
    file = msgspec.json.decode(raw, type=_KeyFile)
    key = parse_rsa_key(file.private_key.encode())
    return ServiceAccount(file.project_id, file.client_email, file.private_key_id, file.token_uri, key)


class AccessTokens:
    """The current token of the current account."""

    def __init__(self, account: Secret[ServiceAccount], outgoing: Outgoing, clock: Clock) -> None:
        self._account = account
        self._outgoing = outgoing
        self._clock = clock
        self._fetching: asyncio.Task[_Token] | None = None
        self._token: _Token | None = None

    async def get(self) -> str:
        """Return a token that is good for minutes. Raises TemporaryFailure.

        Whoever comes while one is fetched shares it, or its failure: they must not wait in line for a dead server.
        """
        account, now = self._account(), self._clock()
        if self._token is not None and self._token.account is account and now < self._token.renew_at:
            return self._token.text
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch(account, now), name="fetch an access token")
            self._fetching.add_done_callback(self._fetched)
        return (await asyncio.shield(self._fetching)).text

    def _fetched(self, fetching: asyncio.Task[_Token]) -> None:
        self._fetching = None
        if not fetching.cancelled() and fetching.exception() is None:
            self._token = fetching.result()

    def forget(self, token: str) -> None:
        """Fetch another one next time: this one was refused."""
        if self._token is not None and self._token.text == token:
            self._token = None

    async def _fetch(self, account: ServiceAccount, now: datetime) -> _Token:
        form = {"grant_type": _GRANT, "assertion": _assertion(account, now)}
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = await self._outgoing.post(Request(account.token_url, headers, urlencode(form).encode()))
        if not answer.ok:
            raise temporary(answer, "Google's token service", now)
        try:
            grant = msgspec.json.decode(answer.body, type=_Grant)
            life = timedelta(seconds=min(max(grant.expires_in, 0.0), _LIFE.total_seconds()))
        except (msgspec.MsgspecError, ValueError):
            raise TemporaryFailure("Google's token service answered what is not its language") from None
        return _Token(account, grant.access_token, now + life - min(_EARLY, life / 2))


def _assertion(account: ServiceAccount, now: datetime) -> str:
    claims: dict[str, Any] = {
        "iss": account.email,
        "scope": _SCOPE,
        "aud": account.token_url,
        "iat": now,
        "exp": now + _LIFE,
    }
    return jwt.encode(claims, account.key, algorithm="RS256", headers={"kid": account.key_id})
