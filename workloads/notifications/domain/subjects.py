"""Names on NATS: every personal subject carries its tenant, so that tenants cannot meet by construction."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

from notifications.domain.jobs import Lane
from notifications.domain.notification import UserKey

PREFIX: Final = "ntf"
JOBS: Final = f"{PREFIX}.jobs"
FLEET: Final = f"{PREFIX}.fleet"
PRESENCE: Final = f"{PREFIX}.presence"
REVOCATIONS: Final = f"{PREFIX}.revocations"
SPENDS: Final = f"{PREFIX}.spends"
TOPICS: Final = f"{PREFIX}.topics"
LIVE: Final = f"{PREFIX}.live"
EMITS: Final = f"{PREFIX}.emits"
SESSIONS: Final = f"{PREFIX}.sessions"
ONE: Final = "*"
REST: Final = ">"
WILDCARDS: Final = frozenset({ONE, REST})

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


def token(text: str) -> str:
    """Encode any text as one subject token: percent-encoded UTF-8 outside A-Z, a-z, 0-9, '_' and '-'."""
    return _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), text)


def inbox(owner: UserKey) -> str:
    """Return the subject on which the changes of one inbox are offered to gateways."""
    return f"{PREFIX}.inbox.{token(owner.tenant)}.{token(owner.user)}"


def emits(tenant: str) -> str:
    """Return the subject on which gateways are told what to show to sockets of a tenant, or with ONE of all tenants."""
    return f"{EMITS}.{ONE if tenant == ONE else token(tenant)}"


def read_emits(subject: str) -> str:
    """Return the tenant of which `emits` made a subject."""
    return unquote(subject.removeprefix(f"{EMITS}."))


def session(tenant: str, private_id: str) -> str:
    """Return the subject under which it is saved what a connection follows."""
    return f"{SESSIONS}.{token(tenant)}.{token(private_id)}"


def jobs(lane: Lane) -> str:
    """Return the subject of a lane of the work queues."""
    return f"{JOBS}.{lane.queue}.{lane.channel}"


def stored(tenant: str, tokens: Iterable[str]) -> str:
    """Return the subject under which the log stores a topic's messages; wildcards stay what they are."""
    return f"{TOPICS}.{_topic(tenant, tokens)}"


def live(tenant: str, tokens: Iterable[str]) -> str:
    """Return the subject on which what the log has stored of a topic is told."""
    return f"{LIVE}.{_topic(tenant, tokens)}"


def _topic(tenant: str, tokens: Iterable[str]) -> str:
    return ".".join([token(tenant), *(part if part in WILDCARDS else token(part) for part in tokens)])


def includes(pattern: str, subject: str) -> bool:
    """Say whether a message on a subject reaches who listens on a pattern, as NATS has it."""
    wide, narrow = pattern.split("."), subject.split(".")
    if wide[-1] == REST:
        return len(narrow) >= len(wide) and includes(".".join(wide[:-1]), ".".join(narrow[: len(wide) - 1]))
    return len(wide) == len(narrow) and all(one in (ONE, other) for one, other in zip(wide, narrow, strict=True))


def read_live(subject: str) -> tuple[str, tuple[str, ...]]:
    """Return the tenant and the tokens of which `live` made a subject."""
    tenant, *tokens = map(unquote, subject.removeprefix(f"{LIVE}.").split("."))
    return tenant, tuple(tokens)
