"""Links by which somebody who got a mail wants no more of them, without signing in.

A link ends in a token: what it unsubscribes from, and an HMAC over that. Whoever has the mail has the token, and it
never expires, as mails do not. It allows nothing but this.
"""

import binascii
import hmac
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from notifications.domain.errors import Invalid
from notifications.domain.jobs import Channel
from notifications.domain.notification import UserKey
from notifications.domain.preferences import DEFAULT, EVERY_TYPE, Entry, Frequency, Preference, choose
from notifications.domain.template import DIGEST_PERIODS

Preferences = Mapping[str, Preference]
"""By type, for one channel."""

PATH: Final = "/api/unsubscribe"

_LONGEST: Final = 1200
_SHORTEST_KEY: Final = 32
# Half of a SHA-256, so that a long user id leaves the link short enough for a header; nobody guesses 128 bits
_MAC: Final = 16
_PURPOSE: Final = b"notifications unsubscribe 1\0"
_INVALID: Final = "the link is incomplete, or was not made here"


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """Who wants nothing of a type any more on a channel; `type` may be that of a digest, one of DIGEST_PERIODS."""

    owner: UserKey
    type: str
    channel: Channel


def parse_keys(raw: bytes) -> tuple[bytes, ...]:
    """Read one key a line, 32 bytes or more: the first signs, all verify. Raises ValueError."""
    keys = tuple(raw.split())
    if not keys or min(map(len, keys)) < _SHORTEST_KEY:
        raise ValueError(f"a key has {_SHORTEST_KEY} bytes or more")
    return keys


def sign(wish: Unsubscription, keys: Sequence[bytes]) -> str:
    """Return the token of a link."""
    fields = "\0".join((wish.owner.tenant, wish.owner.user, wish.type, wish.channel)).encode()
    return _encode(_mac(fields, keys[0]) + fields)


def verify(token: str, keys: Sequence[bytes]) -> Unsubscription:
    """Return what was signed. Raises Invalid."""
    raw = _decode(token)
    mac, fields = raw[:_MAC], raw[_MAC:]
    if not any([hmac.compare_digest(mac, _mac(fields, key)) for key in keys]):
        raise Invalid(_INVALID)
    tenant, user, type_, channel = fields.decode().split("\0")
    return Unsubscription(UserKey(tenant, user), type_, Channel(channel))


def silence(wish: Unsubscription, own: Sequence[Entry], defaults: Sequence[Entry]) -> list[Entry]:
    """Return the entries that a user then has to set, given the user's own and those of the tenant."""
    mine, theirs = _of(wish.channel, own), _of(wish.channel, defaults)
    if wish.type in DIGEST_PERIODS:
        changed = _silence_digest(DIGEST_PERIODS[wish.type], mine, theirs)
    else:
        valid = choose(mine, wish.type) or choose(theirs, wish.type) or DEFAULT
        changed = {wish.type: replace(valid, enabled=False)}
    return [Entry(type_, wish.channel, preference) for type_, preference in changed.items()]


def _silence_digest(frequency: Frequency, mine: Preferences, theirs: Preferences) -> dict[str, Preference]:
    """Switch off whatever goes into a digest: there is no entry for the digest itself."""
    valid = mine if EVERY_TYPE in mine else {**theirs, **mine}
    off = {type_: replace(wish, enabled=False) for type_, wish in valid.items() if wish.frequency == frequency}
    # An own entry for every type goes before all that the tenant says of single ones, which has to stay
    kept = valid if EVERY_TYPE in off else {}
    return {**kept, **off}


def _of(channel: Channel, entries: Sequence[Entry]) -> dict[str, Preference]:
    return {entry.type: entry.preference for entry in entries if entry.channel is channel}


def _mac(fields: bytes, key: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + fields, "sha256")[:_MAC]


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(token: str) -> bytes:
    """Return the bytes of a token, which is written in one way only."""
    if len(token) > _LONGEST or not token.isascii():
        raise Invalid(_INVALID)
    try:
        raw = b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise Invalid(_INVALID) from None
    if _encode(raw) != token:
        raise Invalid(_INVALID)
    return raw
