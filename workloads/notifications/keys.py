"""The keys of tokens, from configuration to what verifies with them."""

import asyncio
from functools import partial
from pathlib import Path

from notifications.adapters.jwt.keys import load_keys, parse_key
from notifications.adapters.jwt.rotation import Fetch, KeyRotation
from notifications.adapters.jwt.verifier import TokenVerifier
from notifications.adapters.outgoing.http import HttpClient
from notifications.adapters.outgoing.tls import verify
from notifications.adapters.secrets.file import SecretFile
from notifications.clock import now
from notifications.config import AuthConfig
from notifications.domain.errors import Unavailable
from notifications.domain.network import check_service
from notifications.lifecycle import Life


async def open_verifier(life: Life, auth: AuthConfig) -> TokenVerifier:
    """Return a verifier whose keys follow their files and address until the process ends. Raises Misconfigured.

    An issuer that cannot be reached does not keep the process from starting.
    """
    verifier = TokenVerifier(load_keys(auth.keys), auth.issuer, auth.audience, now)
    files = [SecretFile(Path(key.file), partial(parse_key, key.id, key.algorithm)) for key in auth.keys]
    fetch = await _open_fetch(life, auth.jwks_url) if auth.jwks_url else None
    rotation = KeyRotation(verifier, files, fetch, asyncio.get_running_loop().time)
    await rotation.look()
    life.keep(rotation.run(), "rotation of keys")
    return verifier


async def _open_fetch(life: Life, url: str) -> Fetch:
    client = await life.enter_async_context(HttpClient(verify(None), check=check_service))

    async def fetch() -> bytes:
        answer = await client.get(url)
        if answer.status != 200:
            raise Unavailable(f"the address answered {answer.status}")
        return answer.body

    return fetch
