"""A mail as it leaves: for one person, in text always, in HTML beside it if there is some.

Whatever reaches the lines of a header or of the SMTP dialogue is checked here, so nothing can add lines to them.
"""

import re
from dataclasses import dataclass, field
from uuid import UUID

from notifications.domain.errors import Invalid
from notifications.domain.limits import MAX_MAIL, MAX_SUBJECT, MAX_UNSUBSCRIBE
from notifications.domain.network import check_endpoint
from notifications.domain.text import check_text

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Any script; which letters a domain may have is for IDNA to say
_FOREIGN = r"\u00a1-\u2027\u202a-\ud7ff\ue000-\U0010ffff"
_ATOM = rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~{_FOREIGN}-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = rf"(?!-)[A-Za-z0-9{_FOREIGN}-]{{1,63}}(?<!-)"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NAMED = re.compile(r"\s*([^<>]*?)\s*<([^<>]+)>\s*")
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,120}@[!-;=?A-~]{1,120}>")
_MAX_LOCAL = 64
_MAX_DOMAIN = 253


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox, which may hold letters of any script, and the name shown with it. Raises Invalid."""

    local: str = field(repr=False)
    domain: str = field(repr=False)
    name: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not _LOCAL.fullmatch(self.local) or len(self.local.encode()) > _MAX_LOCAL:
            raise Invalid("a mail address has no usable part before its '@'")
        if not _DOMAIN.fullmatch(self.domain) or len(self.domain) > _MAX_DOMAIN:
            raise Invalid("a mail address has no usable domain")
        check_line(self.name, "the name beside a mail address")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. `message_id` includes its angle brackets and stays the same when the mail is sent again.

    `unsubscribe` is an https address that takes the one-click POST of RFC 8058. Raises Invalid or TooLarge.
    """

    message_id: str
    sender: Address
    recipient: Address
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str | None = field(default=None, repr=False)
    unsubscribe: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not _MESSAGE_ID.fullmatch(self.message_id):
            raise Invalid("messageId must be <something@domain> in ASCII")
        check_line(self.subject, "subject")
        check_text(self.text, "text", MAX_MAIL)
        check_text(self.html or "", "html", MAX_MAIL)
        if self.unsubscribe is not None and len(check_endpoint(self.unsubscribe, "unsubscribe")) > MAX_UNSUBSCRIBE:
            raise Invalid(f"unsubscribe is longer than {MAX_UNSUBSCRIBE} characters")


def parse_address(text: str) -> Address:
    """Read `local@domain` or `Name <local@domain>`. Raises Invalid, without telling it."""
    named = _NAMED.fullmatch(text)
    name, mailbox = (named[1].strip('"'), named[2]) if named else ("", text.strip())
    local, _, domain = mailbox.rpartition("@")
    return Address(local, domain, name)


def make_message_id(id: UUID, sender: Address) -> str:
    """Return the Message-ID that a mail has whenever and however often it is sent. Raises Invalid."""
    try:
        made = f"<{id}@{sender.domain.encode('idna').decode('ascii')}>"
    except UnicodeError:
        raise Invalid("the sender's domain is none that DNS can hold") from None
    if not _MESSAGE_ID.fullmatch(made):
        raise Invalid("the sender's domain is longer than the 120 characters that a Message-ID takes")
    return made


def check_line(value: str, what: str) -> None:
    """Refuse text that is no single line of at most MAX_SUBJECT characters. Raises Invalid or TooLarge."""
    if _CONTROL.search(value):
        raise Invalid(f"{what} contains a line break or another control character")
    check_text(value, what, MAX_SUBJECT)
