"""`/api/topics`: what was said in topics, for who may listen; and saying something, for who may speak."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from notifications.adapters.http.answers import Uuid
from notifications.adapters.http.authentication import Verify, authenticate
from notifications.adapters.http.bodies import Body, decode, read_expiry
from notifications.adapters.http.operation import LIMIT, Caller, Operation, Parameter
from notifications.adapters.http.parameters import read_number
from notifications.app.history import History
from notifications.app.speaker import Speaker, Speech
from notifications.domain import cursor, limits
from notifications.domain.errors import Forbidden, Resync
from notifications.domain.notification import wire_time
from notifications.domain.text import check_document, check_text
from notifications.domain.topics import Topic, read_pattern, read_topic
from notifications.ports.clock import Clock

TOPIC: Final = Parameter(
    "topic",
    Annotated[str, Meta(min_length=1, max_length=limits.MAX_ROOM_SUBJECT)],
    "The name of a topic, such as `orders.eu`; the room `group:7` is the topic `group.7`.",
    "path",
)
AFTER: Final = Parameter("after", str, "The cursor of the page before, or of a message that was sent.")
_Text = Annotated[str, Meta(extra_json_schema={"maxLength": limits.MAX_NAME})]


class TopicMetadataBody(Body, frozen=True):
    """What is said of a message beside its payload. Urgent ones wait for no others."""

    priority: Literal["low", "normal", "high", "urgent"] = "normal"
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None
    correlation_id: _Text | None = None
    source: _Text | None = None


class TopicMessageBody(Body, frozen=True):
    """`POST /api/topics/{topic}/messages`."""

    payload: Any
    metadata: TopicMetadataBody = TopicMetadataBody()


class ToldAnswer(TypedDict):
    """The message is stored; who follows the topic is shown it. What comes after it comes after the cursor."""

    id: Uuid
    topic: str
    cursor: str


class ChapterAnswer(TypedDict):
    """Messages as they are shown to sockets, oldest first."""

    messages: list[dict[str, Any]]
    cursor: str
    hasMore: bool


_message: Final = msgspec.json.Decoder(TopicMessageBody)


@dataclass(frozen=True, slots=True)
class TopicsApi:
    """The routes and what they stand on."""

    verify: Verify
    speaker: Speaker
    history: History
    clock: Clock

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        path = "/api/topics/{topic}/messages"
        return [web.post(path, self.publish), web.get(path, self.list)]

    @Operation(Caller.USER, {201: ToldAnswer}, body=TopicMessageBody, parameters=(TOPIC,), refusals=(Forbidden,))
    async def publish(self, request: web.Request) -> web.Response:
        """Say something to all who follow a topic; 201 means that it is stored."""
        principal = authenticate(request, self.verify)
        body = decode(_message, await request.read())
        topic = read_topic(principal.owner.tenant, request.match_info["topic"])
        told = await self.speaker.publish(principal, self._read_speech(topic, body))
        answer: ToldAnswer = {"id": str(told.id), "topic": topic.name, "cursor": cursor.encode(told.cursor)}
        return web.json_response(answer, status=201)

    @Operation(Caller.USER, {200: ChapterAnswer}, parameters=(TOPIC, AFTER, LIMIT), refusals=(Forbidden, Resync))
    async def list(self, request: web.Request) -> web.Response:
        """Return what was said in a topic after a cursor, or since as long as it is kept."""
        principal = authenticate(request, self.verify)
        topic = read_pattern(principal.owner.tenant, request.match_info["topic"])
        after = cursor.decode(request.query["after"]) if "after" in request.query else None
        limit = read_number(request, "limit", limits.PAGE_LIMIT_DEFAULT, limits.PAGE_LIMIT_MAX)
        chapter = await self.history.read(principal, topic, after, limit)
        rest = json.dumps({"cursor": cursor.encode(chapter.cursor), "hasMore": chapter.more})
        return web.json_response(text=f'{{"messages":[{",".join(chapter.messages)}],{rest[1:]}')

    def _read_speech(self, topic: Topic, body: TopicMessageBody) -> Speech:
        check_document(body.payload, "payload")
        told = body.metadata
        metadata: dict[str, object] = {"priority": told.priority}
        expires_at = read_expiry(told.expires_at, self.clock())
        if expires_at:
            metadata["expiresAt"] = wire_time(expires_at)
        for name, text in (("correlationId", told.correlation_id), ("source", told.source)):
            if text is not None:
                metadata[name] = check_text(text, f"metadata.{name}", limits.MAX_NAME)
        return Speech(topic, body.payload, metadata, expires_at, told.priority == "urgent")
