"""Where a process may die: before, during or after anything that it says to a server or a client."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Phase(StrEnum):
    """A moment of one call. UNSERVED and SERVED: on the way, and the server never saw it, or did all of it."""

    BEFORE = "before"
    UNSERVED = "unserved"
    SERVED = "served"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class CrashPoint:
    """One moment of one kind of call, by one role of process."""

    role: str
    call: str
    phase: Phase

    def __str__(self) -> str:
        return f"{self.role}: {self.call}, {self.phase}"


def _point(role: str, call: str, phase: str) -> CrashPoint:
    return CrashPoint(role, call, Phase(phase))


ACCEPT_TO_SOCKET: Final = {
    "before commit": _point("gateway", "accept", "before"),
    "in commit, not committed": _point("gateway", "accept", "unserved"),
    "in commit, committed": _point("gateway", "accept", "served"),
    "after commit, before the answer": _point("gateway", "accept", "after"),
    "before the direct offer": _point("gateway", "offer", "before"),
    "direct offer on its way": _point("gateway", "offer", "served"),
    "after the direct offer, before it is settled": _point("gateway", "offer", "after"),
    "settling what was offered directly, not committed": _point("gateway", "settle", "unserved"),
    "settling what was offered directly, committed": _point("gateway", "settle", "served"),
    "before publish": _point("gateway", "publish", "before"),
    "publish on its way": _point("gateway", "publish", "served"),
    "after PubAck, before it is marked": _point("gateway", "publish", "after"),
    "mark on its way, lost": _point("gateway", "mark_published", "unserved"),
    "worker after fetch": _point("worker", "fetch", "after"),
    "worker after reading the event": _point("worker", "events", "after"),
    "worker before the offer": _point("worker", "offer", "before"),
    "offer on its way": _point("worker", "offer", "served"),
    "after the offer, before it is settled": _point("worker", "offer", "after"),
    "settling, not committed": _point("worker", "settle", "unserved"),
    "settling, committed": _point("worker", "settle", "served"),
    "settled, before the job is acknowledged": _point("worker", "settle", "after"),
    "acknowledgement on its way, lost": _point("worker", "done", "unserved"),
    "gateway before send": _point("gateway", "send", "before"),
    "gateway after send": _point("gateway", "send", "after"),
}
"""The path of a notification, in order."""

BESIDE: Final = {
    "after subscribing, before the head is read": _point("gateway", "subscribe", "after"),
    "greeting": _point("gateway", "head", "after"),
    "listing what is pending": _point("gateway", "pending", "after"),
    "before catching up": _point("gateway", "read", "before"),
    "during catch-up": _point("gateway", "read", "after"),
    "marking as read, committed": _point("gateway", "mark_read", "served"),
    "read and committed, before telling": _point("gateway", "mark_read", "after"),
    "after the sweep published, before its commit": _point("worker", "publish", "after"),
    "after a new stream was made, before it is adopted": _point("worker", "ensure", "after"),
    "adopting a new stream, committed": _point("worker", "adopt_stream", "served"),
    "releasing, not committed": _point("worker", "release", "unserved"),
    "released and committed, before the publish": _point("worker", "release", "served"),
    "request to a room committed, before the answer": _point("gateway", "accept_room", "served"),
    "expanding a room, not committed": _point("worker", "expand", "unserved"),
    "chunk of a room committed, before the publish": _point("worker", "expand", "served"),
    "between two chunks of a room": _point("worker", "expand", "after"),
}
"""What happens beside it: greeting, catching up, marking as read, sweeping, healing, releasing, rooms."""

OTHER_CHANNELS: Final = {
    "worker after reading the errand": _point("worker", "errands", "after"),
    "wishes read": _point("worker", "preferences", "after"),
    "before a mail is handed in": _point("worker", "send_mail", "before"),
    "mail on its way, lost": _point("worker", "send_mail", "unserved"),
    "mail taken, and nobody knows": _point("worker", "send_mail", "served"),
    "mail taken and known, before it is settled": _point("worker", "send_mail", "after"),
    "before a device is woken": _point("worker", "send_push", "before"),
    "device woken, and nobody knows": _point("worker", "send_push", "served"),
    "between two devices": _point("worker", "send_push", "after"),
    "dead devices forgotten": _point("worker", "forget", "served"),
    "webhook called, and nobody knows": _point("worker", "call_webhook", "served"),
    "job put back to wait, and the queue never hears": _point("worker", "retry", "unserved"),
    "turns found by the sweep, before they are published": _point("worker", "publish_turn", "before"),
    "turns published, before that is committed": _point("worker", "publish_turn", "after"),
    "collecting, not committed": _point("worker", "collect", "unserved"),
    "collected and committed, before the job is acknowledged": _point("worker", "collect", "served"),
    "closing a digest, not committed": _point("worker", "edit", "unserved"),
    "digest closed, before it is sent": _point("worker", "edit", "after"),
    "burying, not committed": _point("worker", "bury", "unserved"),
    "buried, before the job is acknowledged": _point("worker", "bury", "after"),
    "dead letters retried, before the answer": _point("gateway", "retry_letters", "served"),
    "taken back, before telling": _point("gateway", "cancel", "after"),
    "what was seen, not committed": _point("gateway", "mark_delivered", "unserved"),
}
"""Mail, push, webhooks and digests; what waits, what is given up, what is taken back."""

RARE: Final = frozenset(OTHER_CHANNELS.values())
"""Visited so seldom that whoever is to die there has to die the first time."""

NAMED: Final = ACCEPT_TO_SOCKET | BESIDE | OTHER_CHANNELS
