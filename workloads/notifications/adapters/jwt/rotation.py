"""Keys are replaced while the process runs: those in files, and those that an issuer publishes at an address."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from notifications.adapters.jwt.key_set import read_key_set
from notifications.adapters.jwt.keys import Key
from notifications.adapters.jwt.verifier import TokenVerifier
from notifications.domain.errors import NotificationsError
from notifications.domain.limits import JWKS_ASK_AGAIN, JWKS_EVERY, JWKS_RETRY, KEY_CHECK

_log = logging.getLogger(__name__)
Fetch = Callable[[], Awaitable[bytes]]
"""Returns the document within a time. Raises NotificationsError."""


class KeyRotation:
    """Keeps a verifier at the keys that hold now. A file's key counts before one of the same name from the address.

    The set is fetched every JWKS_EVERY, and at once, though not more often than every JWKS_ASK_AGAIN, when a token
    names a key that is not known: whoever brought it is told to try again meanwhile. A set that cannot be had leaves
    the last one in force, which the log says once.
    """

    def __init__(
        self,
        verifier: TokenVerifier,
        files: Sequence[Callable[[], Key]],
        fetch: Fetch | None,
        monotonic: Callable[[], float],
    ) -> None:
        self._verifier = verifier
        self._files = files
        self._fetch = fetch
        self._monotonic = monotonic
        self._published: dict[str, Key] = {}
        self._applied: list[Key] = []
        self._wanted = asyncio.Event()
        self._failures = 0
        self._is_current = fetch is None
        self._next = self._ask_again = monotonic()
        verifier.may_come = self.may_come

    def may_come(self) -> bool:
        """Say whether a key that is not known may be soon, and see to it."""
        if self._fetch is None:
            return False
        if (now := self._monotonic()) >= self._ask_again:
            self._ask_again = now + JWKS_ASK_AGAIN
            self._wanted.set()
        return self._wanted.is_set() or not self._is_current

    async def look(self) -> None:
        """Fetch the set if it is time, read the files that changed, and let the verifier have what there is."""
        if self._fetch and (self._wanted.is_set() or self._monotonic() >= self._next):
            await self._renew(self._fetch)
            self._wanted.clear()
        keys = {**self._published, **{key.id: key for key in (file() for file in self._files)}}
        if (found := list(keys.values())) != self._applied:
            self._applied = found
            self._verifier.replace(found)

    async def run(self) -> None:
        """Look from time to time, until cancelled."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), KEY_CHECK)
            await self.look()

    async def _renew(self, fetch: Fetch) -> None:
        try:
            self._published = read_key_set(await fetch())
        except (NotificationsError, ValueError) as error:
            if not self._failures:
                _log.warning("the keys of tokens could not be fetched: %s", error, extra={"event": "keys_not_fetched"})
            self._next = self._monotonic() + min(JWKS_RETRY * 2 ** min(self._failures, 10), JWKS_EVERY)
            self._failures += 1
            self._is_current = False
            return
        if self._failures:
            _log.info("the keys of tokens are there again")
        self._next, self._failures, self._is_current = self._monotonic() + JWKS_EVERY, 0, True
