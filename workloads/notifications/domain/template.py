"""Templates: how a tenant wants notifications of a type to read on a channel, for readers of a language.

A template has the parts that its channel carries. Which one is taken goes from the particular to the general: the type
before every type, and within each the reader's locale, its language, any locale.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from notifications.domain.contact import check_locale
from notifications.domain.errors import Invalid
from notifications.domain.jobs import Channel
from notifications.domain.limits import MAX_MAIL, MAX_PUSH_BODY, MAX_PUSH_TITLE, MAX_SUBJECT, MAX_TEMPLATE
from notifications.domain.preferences import EVERY_TYPE, Frequency
from notifications.domain.text import check_text, check_type, shorten, to_line

Parts = Mapping[str, str]
"""Text by part: the source of a template, or what came of it."""

Variables = Mapping[str, object]
"""What a template can name, as JSON would hold it."""

EVERY_LOCALE: Final = ""
# No type can be called so: a template for single notifications would not fit a digest, nor the other way round
DIGEST_TYPES: Final = {Frequency.DAILY: "digest:daily", Frequency.WEEKLY: "digest:weekly"}
DIGEST_PERIODS: Final = {type_: period for period, type_ in DIGEST_TYPES.items()}
REQUIRED: Final = {Channel.EMAIL: frozenset({"subject", "text"}), Channel.PUSH: frozenset({"title", "body"})}
ALLOWED: Final = {**REQUIRED, Channel.EMAIL: REQUIRED[Channel.EMAIL] | {"html"}}
UNTITLED: Final = "Notification"


@dataclass(frozen=True, slots=True, order=True)
class TemplateName:
    """What a template is for. Locales are in lower case. Raises Invalid."""

    type: str
    channel: Channel
    locale: str = EVERY_LOCALE

    def __post_init__(self) -> None:
        if self.type != EVERY_TYPE and not self.is_digest:
            check_type(self.type, "type")
        if self.channel not in REQUIRED:
            raise Invalid("channel must be email or push: no other has templates")
        if self.locale != EVERY_LOCALE and self.locale != check_locale(self.locale, "locale").lower():
            raise Invalid("locale must be in lower case")

    @property
    def is_digest(self) -> bool:
        """Say whether it is for several notifications together."""
        return self.type in DIGEST_PERIODS


@dataclass(frozen=True, slots=True)
class Template:
    """A template as its tenant wrote it. Raises Invalid or TooLarge."""

    name: TemplateName
    parts: Parts = field(repr=False)

    def __post_init__(self) -> None:
        channel, given = self.name.channel, self.parts.keys()
        if missing := REQUIRED[channel] - given:
            raise Invalid(f"a template for {channel} needs {' and '.join(sorted(missing))}")
        if surplus := given - ALLOWED[channel]:
            raise Invalid(f"a template for {channel} has no {' and '.join(sorted(surplus))}")
        for part, source in self.parts.items():
            check_text(source, part, MAX_TEMPLATE)


def list_choices(type_: str, channel: Channel, locale: str | None) -> tuple[TemplateName, ...]:
    """Return the templates that may be taken for a reader, the best one first."""
    full = (locale or EVERY_LOCALE).lower()
    locales = dict.fromkeys((full, full.partition("-")[0], EVERY_LOCALE))
    types = (type_,) if type_ in DIGEST_PERIODS else (type_, EVERY_TYPE)
    return tuple(TemplateName(each, channel, locale) for each in types for locale in locales)


def fit(channel: Channel, parts: Parts) -> dict[str, str]:
    """Make what came of a template fit to be sent: lines that are lines, and nothing longer than the channel takes.

    Raises Invalid or TooLarge.
    """
    if channel is Channel.PUSH:
        return {
            "title": to_line(parts["title"], MAX_PUSH_TITLE) or UNTITLED,
            "body": shorten(check_text(parts["body"], "body", MAX_MAIL).strip(), MAX_PUSH_BODY),
        }
    texts = {part: check_text(parts[part], part, MAX_MAIL) for part in ("text", "html") if part in parts}
    return {"subject": to_line(parts["subject"], MAX_SUBJECT) or UNTITLED, **texts}
