"""How what a producer said is put to people: as text, or as HTML where the type of a notification allows it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from notifications.domain.limits import MAX_DIGEST_SHOWN
from notifications.domain.notification import Notification, UserKey
from notifications.domain.preferences import Frequency
from notifications.domain.variables import describe, escape
from notifications.ports.template import Clean


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a digest tells of: `total` notifications, of which the newest are here, newest first.

    `id` is that of the digest, which stays the same when it is sent again; `period` is daily or weekly.
    """

    id: UUID
    owner: UserKey
    period: Frequency
    notifications: Sequence[Notification] = field(repr=False)
    total: int


@dataclass(frozen=True, slots=True)
class Phrasing:
    """Content is text, but for the types of `html_types`, whose HTML is cleaned."""

    clean: Clean
    html_types: frozenset[str] = frozenset()

    def describe(self, notification: Notification) -> dict[str, object]:
        """Return what templates can name of a notification."""
        message = notification.message
        content = self.clean(message.content) if message.type in self.html_types else escape(message.content)
        return describe(notification, content)

    def describe_all(self, bundle: Bundle) -> dict[str, object]:
        """Return what templates can name of a digest."""
        shown = [self.describe(notification) for notification in bundle.notifications[:MAX_DIGEST_SHOWN]]
        return {"notifications": shown, "total": bundle.total, "period": str(bundle.period)}
