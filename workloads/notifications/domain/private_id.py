"""The id under which a stock client comes back, `pid` of Socket.IO, which nobody but that client is told.

It is a nonce and a digest of that nonce with the tenant and the user. So a gateway sees without looking anything up
that an id was made for somebody else: a page whose user has changed presents what it was given before, with a position
in the inbox of another. The digest has no key, for whoever forges one gains nothing: what is saved is found under the
whole id, so under a guessed nonce alone, and somebody else's id never fits. What is restored is authorised anew, and
the inbox is that of the token.
"""

import hashlib
import json
from base64 import urlsafe_b64encode
from typing import Final

from notifications.domain.notification import UserKey

NONCE: Final = 15
"""Bytes of a nonce."""
_NONCE_TEXT: Final = 20
_DIGEST: Final = 12


def make_private_id(owner: UserKey, nonce: bytes) -> str:
    """Return an id of A-Z, a-z, 0-9, '_' and '-' for a user; `nonce` is NONCE bytes that nobody can guess."""
    return _complete(owner, urlsafe_b64encode(nonce).decode())


def is_made_for(owner: UserKey, private_id: str) -> bool:
    """Say whether an id was made for a user."""
    return len(private_id) < 64 and private_id.isascii() and private_id == _complete(owner, private_id[:_NONCE_TEXT])


def _complete(owner: UserKey, nonce: str) -> str:
    named = json.dumps([nonce, owner.tenant, owner.user]).encode()
    return nonce + urlsafe_b64encode(hashlib.sha256(named).digest()[:_DIGEST]).decode()
