"""Who is there, of a gateway, wired from adapters."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from notifications.adapters.http.authentication import Verify
from notifications.adapters.http.presence import PresenceApi
from notifications.adapters.nats.connection import Connection
from notifications.adapters.nats.presence import NatsPresenceBus
from notifications.adapters.socketio.events import Handler
from notifications.adapters.socketio.presence_events import PresenceEvents
from notifications.app.attendance import Attendance
from notifications.clock import make_id, now
from notifications.lifecycle import Life
from notifications.topics import Topics


@dataclass(frozen=True, slots=True)
class Presence:
    """What clients may ask of it."""

    handlers: Mapping[str, Handler]
    api: PresenceApi


def open_presence(life: Life, nats: Connection, topics: Topics, verify: Verify) -> Presence:
    """Follow who joins and leaves rooms until the process ends.

    A gateway that is started anew is another one to its peers: what it was told before it has forgotten.
    """
    me = str(make_id(now()))
    attendance = Attendance(me, NatsPresenceBus(me, nats), now, asyncio.get_running_loop().time)
    topics.events.on_follow = attendance.enter
    topics.board.on_unfollow = attendance.leave
    life.keep(attendance.run(), "presence")
    return Presence(PresenceEvents(attendance).handlers, PresenceApi(verify, topics.access, attendance))
