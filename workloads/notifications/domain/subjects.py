"""Names on NATS: every personal subject carries its tenant, so that tenants cannot meet by construction."""

import re
from typing import Final

from notifications.domain.jobs import Lane
from notifications.domain.notification import UserKey

PREFIX: Final = "ntf"
JOBS: Final = f"{PREFIX}.jobs"
FLEET: Final = f"{PREFIX}.fleet"
REVOCATIONS: Final = f"{PREFIX}.revocations"

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


def token(text: str) -> str:
    """Encode any text as one subject token: percent-encoded UTF-8 outside A-Z, a-z, 0-9, '_' and '-'."""
    return _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), text)


def inbox(owner: UserKey) -> str:
    """Return the subject on which the changes of one inbox are offered to gateways."""
    return f"{PREFIX}.inbox.{token(owner.tenant)}.{token(owner.user)}"


def jobs(lane: Lane) -> str:
    """Return the subject of a lane of the work queues."""
    return f"{JOBS}.{lane.queue}.{lane.channel}"
