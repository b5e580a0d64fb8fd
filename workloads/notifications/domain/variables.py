"""What templates can name, besides their own words."""

import html
from collections.abc import Mapping
from dataclasses import dataclass, field

from notifications.domain.notification import Notification, UserKey, wire


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom it is for, as far as is known. `locale` is a tag of BCP 47, such as `pt-BR`."""

    name: str | None = field(default=None, repr=False)
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What a notification says, as text and as HTML that is safe to show."""

    text: str
    html: str


def escape(text: str) -> Content:
    """Return content that is text, whatever it looks like."""
    return Content(text, html.escape(text).replace("\n", "<br>\n"))


def describe(notification: Notification, content: Content) -> dict[str, object]:
    """Return the public fields of a notification; `html` is its content as HTML."""
    return {**wire(notification), "content": content.text, "html": content.html}


def address(owner: UserKey, reader: Reader, unsubscribe: str | None) -> dict[str, object]:
    """Return what every template can name: `tenant`, `user` and where to unsubscribe, if anywhere."""
    user: Mapping[str, object] = {"id": owner.user, "name": reader.name, "locale": reader.locale}
    return {"tenant": owner.tenant, "user": user, "unsubscribe": unsubscribe}
