"""`/api/notifications`."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import msgspec
from aiohttp import web
from msgspec import Meta

from notifications.adapters.http.answers import (
    AcceptedAnswer,
    BulkAnswer,
    CancelledAnswer,
    DeliveriesAnswer,
    DeliveryAnswer,
    Done,
    ListingAnswer,
    MissedAnswer,
    PlacedAnswer,
    ReadAllAnswer,
    RoomAcceptedAnswer,
)
from notifications.adapters.http.authentication import Verify, authenticate, identify
from notifications.adapters.http.bodies import (
    ManyBody,
    OneBody,
    message_of,
    read_many,
    read_notification,
    schedule_of,
)
from notifications.adapters.http.operation import ID, IDEMPOTENCY_KEY, LIMIT, Caller, Operation, Parameter
from notifications.adapters.http.parameters import read_flag, read_id, read_number
from notifications.adapters.http.problems import describe
from notifications.app.accept import Acceptor, accept_room
from notifications.app.read_state import ReadState
from notifications.app.sync import changes_since
from notifications.domain import cursor, limits
from notifications.domain.cursor import Cursor
from notifications.domain.errors import Invalid, KeyReused, NotFound, RateLimited, Refused, Resync, Unavailable
from notifications.domain.ids import time_of
from notifications.domain.notification import wire, wire_time
from notifications.domain.principal import WRITE, Principal, require_producer
from notifications.domain.submission import Accepted, Copy, Delivery, Submission, fingerprint
from notifications.domain.text import check_text
from notifications.ports.clock import Clock, MakeId
from notifications.ports.rooms import RoomRequestStore
from notifications.ports.store import InboxStore, RequestStore
from notifications.ports.tracing import TRACE

_MOST_PAGES = 1_000_000
REQUEST_ID = Parameter("id", UUID, "The id that a request was answered with.", "path")
PAGE = Parameter("page", Annotated[int, Meta(ge=1, le=_MOST_PAGES)], "Counted from 1, which it is unless given.")
UNREAD_ONLY = Parameter("unreadOnly", bool, "Leave out what was read.")
AFTER = Parameter("after", str, "A cursor: answers what came since, instead of a page.")


@dataclass(frozen=True, slots=True)
class NotificationsApi:
    """The routes and what they stand on. `admit` is told the tenant and how much it wants to send."""

    verify: Verify
    admit: Callable[[str, int], None]
    acceptor: Acceptor
    inbox: InboxStore
    requests: RequestStore
    rooms: RoomRequestStore
    read_state: ReadState
    clock: Clock
    make_id: MakeId

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.post("/api/notifications", self.create),
            web.get("/api/notifications", self.list),
            web.post("/api/notifications/bulk", self.create_many),
            web.delete("/api/notifications/requests/{id}", self.cancel),
            web.patch("/api/notifications/{id}/read", self.read),
            web.patch("/api/notifications/{id}/archive", self.archive),
            web.get("/api/notifications/{id}/deliveries", self.deliveries),
            web.post("/api/notifications/read-all", self.read_all),
        ]

    @Operation(
        Caller.PRODUCER,
        {201: (AcceptedAnswer, RoomAcceptedAnswer)},
        body=OneBody,
        parameters=(IDEMPOTENCY_KEY,),
        refusals=(KeyReused, RateLimited),
        links={"notifications.cancel": "", "rooms.show_request": ""},
    )
    async def create(self, request: web.Request) -> web.Response:
        """Accept a notification; 201 means that it is committed."""
        authorization = request.headers.get("Authorization", "")
        accepted = await self.accept(authorization, request.headers.get("Idempotency-Key"), await request.read())
        return web.json_bytes_response(accepted, dumps=msgspec.json.encode, status=201)

    async def accept(self, authorization: str, key: str | None, raw: bytes) -> AcceptedAnswer | RoomAcceptedAnswer:
        """Return when a notification is committed. Raises what POST refuses it for."""
        return await self.send(identify(authorization, self.verify), raw, key)

    async def send(
        self, principal: Principal, raw: bytes, key: str | None = None
    ) -> AcceptedAnswer | RoomAcceptedAnswer:
        """Do the same for somebody who is known, whatever the body came over."""
        require_producer(principal)
        self.admit(principal.owner.tenant, 1)
        return await self._accept(self._submission(principal, raw, _checked(key)))

    @Operation(
        Caller.PRODUCER, {200: BulkAnswer}, body=ManyBody, parameters=(IDEMPOTENCY_KEY,), refusals=(RateLimited,)
    )
    async def create_many(self, request: web.Request) -> web.Response:
        """Accept up to 100 notifications, each by itself: the answer says of each what POST would have said of it."""
        principal = authenticate(request, self.verify)
        require_producer(principal)
        key = _checked(request.headers.get("Idempotency-Key"))
        bodies = read_many(await request.read())
        self.admit(principal.owner.tenant, len(bodies))
        answers = await asyncio.gather(
            *(self._answer(principal, body, key and f"{key}/{n}") for n, body in enumerate(bodies))
        )
        return web.json_response({"results": answers})

    @Operation(Caller.PRODUCER, {200: CancelledAnswer}, parameters=(REQUEST_ID,), refusals=(NotFound,))
    async def cancel(self, request: web.Request) -> web.Response:
        """Take back all that a request brought."""
        principal = authenticate(request, self.verify)
        require_producer(principal)
        tenant = principal.owner.tenant
        inboxes = await self.read_state.cancel(self.requests, tenant, _id(request))
        return web.json_response({"ok": True, "inboxes": inboxes})

    @Operation(Caller.USER, {200: DeliveriesAnswer}, parameters=(ID,), refusals=(NotFound,))
    async def deliveries(self, request: web.Request) -> web.Response:
        """Return what became of a notification on each channel: to its recipient, or to a producer of the tenant."""
        principal = authenticate(request, self.verify)
        user = None if WRITE in principal.scopes else principal.owner.user
        found = await self.requests.deliveries(principal.owner.tenant, user, _id(request))
        return web.json_response({"deliveries": [_wire_delivery(delivery) for delivery in found]})

    @Operation(
        Caller.USER,
        {200: (ListingAnswer, MissedAnswer)},
        parameters=(PAGE, LIMIT, UNREAD_ONLY, AFTER),
        refusals=(Resync,),
        links=dict.fromkeys(
            ("notifications.read", "notifications.archive", "notifications.deliveries"), "/notifications/0"
        ),
    )
    async def list(self, request: web.Request) -> web.Response:
        """Return a page of the caller's inbox, or what came after a cursor."""
        owner = authenticate(request, self.verify).owner
        limit = read_number(request, "limit", limits.PAGE_LIMIT_DEFAULT, limits.PAGE_LIMIT_MAX)
        if "after" in request.query:
            missed = await changes_since(self.inbox, owner, cursor.decode(request.query["after"]), limit)
            body = {"notifications": missed.notifications, "changes": missed.changes}
            return web.json_response({**body, "cursor": missed.cursor, "hasMore": missed.has_more})
        page = read_number(request, "page", 1, _MOST_PAGES)
        unread_only = read_flag(request, "unreadOnly")
        offset = (page - 1) * limit
        found = await self.inbox.listing(owner, offset=offset, limit=limit, unread_only=unread_only)
        has_more = offset + len(found.notifications) < found.total
        return web.json_response({
            "notifications": [wire(notification) for notification in found.notifications],
            "pagination": {"page": page, "limit": limit, "total": found.total, "hasMore": has_more},
            "unread": found.unread,
            "cursor": cursor.encode(Cursor(found.head.epoch, found.head.seq)),
        })  # fmt: skip

    @Operation(Caller.USER, {200: Done}, parameters=(ID,), refusals=(NotFound,))
    async def read(self, request: web.Request) -> web.Response:
        """Mark one as read."""
        principal = authenticate(request, self.verify)
        await self.read_state.mark(principal.owner, [_id(request)])
        return web.json_response({"ok": True})

    @Operation(Caller.USER, {200: Done}, parameters=(ID,), refusals=(NotFound,))
    async def archive(self, request: web.Request) -> web.Response:
        """Take one out of listings."""
        principal = authenticate(request, self.verify)
        await self.read_state.archive(principal.owner, [_id(request)])
        return web.json_response({"ok": True})

    @Operation(Caller.USER, {200: ReadAllAnswer})
    async def read_all(self, request: web.Request) -> web.Response:
        """Mark all as read."""
        change = await self.read_state.mark_all(authenticate(request, self.verify).owner)
        return web.json_response({"ok": True, "upTo": change.up_to if change else None})

    async def _answer(self, principal: Principal, raw: bytes, key: str | None) -> dict[str, object]:
        try:
            accepted = await self._accept(self._submission(principal, raw, key))
        except (Refused, Unavailable) as error:
            return {**describe(error)}
        return {"status": HTTPStatus.CREATED.value, **accepted}

    async def _accept(self, submission: Submission) -> AcceptedAnswer | RoomAcceptedAnswer:
        if submission.room is None:
            return _accepted(await self.acceptor.accept(submission))
        accepted = await accept_room(self.rooms, submission)
        return {"id": str(accepted.id), "room": submission.room, "state": "accepted"}

    def _submission(self, principal: Principal, raw: bytes, key: str | None) -> Submission:
        now = self.clock()
        body = read_notification(raw)
        id = self.make_id(now)
        return Submission(
            id=id,
            tenant=principal.owner.tenant,
            created_at=time_of(id),
            message=message_of(body, now),
            copies=tuple(Copy(self.make_id(now), user) for user in dict.fromkeys(body.recipients or ())),
            fingerprint=fingerprint(raw),
            key=key,
            send_at=schedule_of(body, now),
            room=body.room,
            channels=None if body.channels is None else frozenset(body.channels),
            trace=TRACE.get(),
        )


def _checked(key: str | None) -> str | None:
    if key is not None and not check_text(key, "Idempotency-Key", limits.MAX_IDEMPOTENCY_KEY):
        raise Invalid("Idempotency-Key is empty")
    return key


def _accepted(accepted: Accepted) -> AcceptedAnswer:
    placed: list[PlacedAnswer] = [
        {"id": str(copy.id), "recipientId": copy.user, "seq": copy.seq, "state": copy.state} for copy in accepted.placed
    ]
    return {"id": str(accepted.id), "notifications": placed}


def _wire_delivery(delivery: Delivery) -> DeliveryAnswer:
    return {
        "channel": delivery.channel,
        "state": delivery.state,
        "reason": delivery.reason,
        "attempts": delivery.attempts,
        "at": wire_time(delivery.at),
    }


def _id(request: web.Request) -> UUID:
    return read_id(request, "there is no such notification or request")
