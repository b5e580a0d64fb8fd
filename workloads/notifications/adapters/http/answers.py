"""What is answered in JSON, as the OpenAPI document describes it."""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta

from notifications.domain.inbox import ChangeKind
from notifications.domain.jobs import Channel
from notifications.domain.submission import State

Uuid = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Status = Annotated[int, Meta(ge=100, le=599)]


class Done(TypedDict):
    """It was done, or had been before."""

    ok: Literal[True]


class PlacedAnswer(TypedDict):
    """One recipient's copy. `seq` is its number in the inbox, null unless it is queued."""

    id: Uuid
    recipientId: str
    seq: int | None
    state: State


class AcceptedAnswer(TypedDict):
    """The request is committed. Its `id` takes it back; `notifications` are in the order of the recipients."""

    id: Uuid
    notifications: list[PlacedAnswer]


class RoomAcceptedAnswer(TypedDict):
    """The request is committed; its members get it soon. Its `id` takes it back."""

    id: Uuid
    room: str
    state: Literal["accepted"]


class ResultAnswer(TypedDict):
    """What POST would have answered: with the status 201 `id` and more of its fields, else the members of a problem."""

    status: Status
    id: NotRequired[Uuid]
    notifications: NotRequired[list[PlacedAnswer]]
    room: NotRequired[str]
    state: NotRequired[Literal["accepted"]]
    type: NotRequired[str]
    title: NotRequired[str]
    detail: NotRequired[str]
    code: NotRequired[str]


class BulkAnswer(TypedDict):
    """A result for each body, in their order."""

    results: list[ResultAnswer]


class CancelledAnswer(Done):
    """`inboxes` counts those that had been shown some of it."""

    inboxes: int


class ReadAllAnswer(Done):
    """`upTo` is the number up to which all are read now; null if all were."""

    upTo: int | None


class DeliveryAnswer(TypedDict):
    """What became of a notification on one channel. `attempts` counts what was tried; none while it is held."""

    channel: Channel
    state: str
    reason: str | None
    attempts: int
    at: Time


class DeliveriesAnswer(TypedDict):
    """One for each channel."""

    deliveries: list[DeliveryAnswer]


class ActorAnswer(TypedDict):
    """Who caused the notification."""

    id: str
    name: str | None
    avatarUrl: str | None


class EntityAnswer(TypedDict):
    """What the notification is about."""

    type: str
    id: str


class NotificationAnswer(TypedDict):
    """A notification in the caller's inbox. `seq` is its number there."""

    id: Uuid
    seq: int
    type: str
    content: str
    priority: Literal["low", "normal", "high", "critical"]
    actor: ActorAnswer | None
    entity: EntityAnswer | None
    metadata: dict[str, Any]
    readAt: Time | None
    createdAt: Time


class MissedNotificationAnswer(NotificationAnswer):
    """A notification that came after a cursor. It follows the change with the number `prev`."""

    prev: int


class ChangeAnswer(TypedDict):
    """A change of read state: of the notifications `ids`, or of all up to the number `upTo`."""

    kind: ChangeKind
    ids: NotRequired[list[Uuid]]
    upTo: NotRequired[int]
    seq: int
    prev: int
    at: Time
    unread: int


class PaginationAnswer(TypedDict):
    """Where a page stands. `total` counts what the filter matches."""

    page: int
    limit: int
    total: int
    hasMore: bool


class ListingAnswer(TypedDict):
    """A page, newest first. `unread` counts all that is unread; `cursor` is for asking what came since."""

    notifications: list[NotificationAnswer]
    pagination: PaginationAnswer
    unread: int
    cursor: str


class MissedAnswer(TypedDict):
    """What came after a cursor, in order; `cursor` stands after it."""

    notifications: list[MissedNotificationAnswer]
    changes: list[ChangeAnswer]
    cursor: str
    hasMore: bool


class QuietHoursAnswer(TypedDict):
    """Such as 22:00 to 07:00."""

    start: str
    end: str


class PreferenceAnswer(TypedDict):
    """One entry; the type `*` is for those that have no entry of their own."""

    notificationType: str
    channel: Channel
    enabled: bool
    frequency: str
    quietHours: QuietHoursAnswer | None
    timeZone: str


PreferencesAnswer = list[PreferenceAnswer]
