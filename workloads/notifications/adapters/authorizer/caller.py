"""Asks by a POST of `{tenant, user, groups, roles, room | topic, action}`; 200 `{allow, ttlSeconds?}` is a verdict.

Whatever else comes, or nothing, is none.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from notifications.domain.access import ROOMS
from notifications.domain.errors import Rejected, TemporaryFailure, Unavailable
from notifications.domain.limits import MAX_VERDICT, MAX_VERDICT_TTL
from notifications.domain.topics import Topic
from notifications.ports.authorizer import Question, Verdict
from notifications.ports.outgoing import Outgoing, Request

_HEADERS = {"content-type": "application/json", "accept": "application/json"}


class _Answer(Struct, frozen=True, rename="camel"):
    """Services may tell more, which is not read."""

    allow: bool
    ttl_seconds: Annotated[float, Meta(ge=0)] | None = None


class HttpAuthorizer:
    """The Authorizer at `url`, to which `outgoing` must go whatever its address, for it is from configuration."""

    def __init__(self, url: str, outgoing: Outgoing) -> None:
        self._url = url
        self._outgoing = outgoing

    async def ask(self, question: Question) -> Verdict:
        """Return the verdict."""
        try:
            answer = await self._outgoing.post(Request(self._url, _HEADERS, _write(question)))
        except (TemporaryFailure, Rejected) as error:
            raise Unavailable(str(error)) from None
        if answer.status != 200:
            raise Unavailable(f"it answered {answer.status}")
        if len(answer.body) > MAX_VERDICT:
            raise Unavailable(f"its answer is longer than {MAX_VERDICT} bytes")
        return _read(answer.body)


def _write(question: Question) -> bytes:
    principal, topic = question.principal, question.about
    asked = {
        "tenant": principal.owner.tenant,
        "user": principal.owner.user,
        "groups": sorted(principal.groups),
        "roles": sorted(principal.roles),
        **_name(topic),
        "action": question.action,
    }
    return msgspec.json.encode(asked)


def _name(topic: Topic) -> dict[str, str]:
    return {"room": ":".join(topic.tokens)} if topic.family in ROOMS else {"topic": topic.name}


def _read(body: bytes) -> Verdict:
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Unavailable("its answer is not {allow: true | false, ttlSeconds?}") from None
    return Verdict(answer.allow, None if answer.ttl_seconds is None else min(answer.ttl_seconds, MAX_VERDICT_TTL))
