"""Says something to a room or a topic: stored in the log when it is answered, shown by whichever gateways follow it."""

import asyncio
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from notifications.app.access import Access
from notifications.domain.access import Action
from notifications.domain.cursor import Cursor
from notifications.domain.errors import TooLarge
from notifications.domain.limits import MAX_TOPIC_MESSAGE, TOPIC_PROBE
from notifications.domain.notification import wire_time
from notifications.domain.principal import Principal
from notifications.domain.topic_message import TopicMessage, pack
from notifications.domain.topics import Topic, room_topic
from notifications.ports.clock import Clock, MakeId
from notifications.ports.topics import TopicLog


@dataclass(frozen=True, slots=True)
class Speech:
    """What somebody says to a topic. `payload` is JSON; `metadata` is shown as it is."""

    topic: Topic
    payload: object
    metadata: dict[str, object]
    expires_at: datetime | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A message that is stored, and the cursor behind it."""

    id: UUID
    cursor: Cursor


class Speaker:
    """Checks who speaks, and stores what is said. Raises Forbidden, TooLarge, Invalid or Unavailable.

    `ages` are the seconds for which messages of some families are shown at most.
    """

    def __init__(
        self, log: TopicLog, access: Access, clock: Clock, make_id: MakeId, ages: Mapping[str, int] | None = None
    ) -> None:
        self._ages = ages or {}
        self._log = log
        self._access = access
        self._clock = clock
        self._make_id = make_id
        self._epoch = 0
        self._looked_at = -math.inf

    async def say(self, speaker: Principal, room: str, payload: object) -> Told:
        """Send a message to a room, in the name of who speaks."""
        topic = room_topic(speaker.owner.tenant, room)
        await self._access.check(speaker, topic, Action.SEND)
        at = self._clock()
        id, sender = self._make_id(at), speaker.owner.user
        body = {"id": str(id), "room": room, "from": sender, "payload": payload, "timestamp": wire_time(at)}
        return await self._store(topic, id, TopicMessage("room:message", _milliseconds(at), _write(body)))

    async def publish(self, speaker: Principal, speech: Speech) -> Told:
        """Send a message to the subscribers of a topic."""
        await self._access.check(speaker, speech.topic, Action.SEND)
        at = self._clock()
        id = self._make_id(at)
        body = {
            "id": str(id),
            "topic": speech.topic.name,
            "payload": speech.payload,
            "timestamp": wire_time(at),
            "metadata": speech.metadata,
        }
        expires_at = _milliseconds(speech.expires_at) if speech.expires_at else None
        message = TopicMessage("topic:message", _milliseconds(at), _write(body), expires_at, speech.urgent)
        return await self._store(speech.topic, id, message)

    async def _store(self, topic: Topic, id: UUID, message: TopicMessage) -> Told:
        epoch, message = await self._find_epoch(), self._end(topic, message)
        return Told(id, Cursor(0, 0, epoch, await self._log.append(topic, pack(message), id)))

    def _end(self, topic: Topic, message: TopicMessage) -> TopicMessage:
        """Return a message that is over when its family says, or when it says so itself, if that is sooner."""
        age = self._ages.get(topic.family)
        if age is None:
            return message
        end = message.created_at + age * 1000
        return replace(message, expires_at=min(end, message.expires_at or end))

    async def _find_epoch(self) -> int:
        """Return the log's epoch, of a moment ago: a cursor of a life that has ended is refused, whoever made it."""
        now = asyncio.get_running_loop().time()
        if now - self._looked_at > TOPIC_PROBE:
            self._epoch, self._looked_at = (await self._log.find_end()).epoch, now
        return self._epoch


def _write(body: dict[str, object]) -> str:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > MAX_TOPIC_MESSAGE:
        raise TooLarge(f"the message is larger than {MAX_TOPIC_MESSAGE} bytes")
    return text


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
