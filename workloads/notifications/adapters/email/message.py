"""From a mail to the bytes of RFC 5322."""

from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP

import idna

from notifications.domain.errors import Rejected
from notifications.domain.mail import Address, Mail

# Every relay passes on 7 bits unharmed
_ASCII = SMTP.clone(cte_type="7bit")
_UTF8 = _ASCII.clone(utf8=True)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the dialogue with a server needs. With `utf8` the server must know SMTPUTF8 (RFC 6531)."""

    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    utf8: bool
    content: bytes = field(repr=False)


def write(mail: Mail, now: datetime) -> Envelope:
    """Return the mail ready to be sent. Raises Rejected for a domain that IDNA does not know."""
    sender, recipient = _encode(mail.sender), _encode(mail.recipient)
    utf8 = not f"{sender}{recipient}".isascii()
    message = EmailMessage(policy=_UTF8 if utf8 else _ASCII)
    message["From"] = _header(mail.sender, sender)
    message["To"] = _header(mail.recipient, recipient)
    message["Subject"] = mail.subject
    message["Date"] = now
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, charset="utf-8")
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html", charset="utf-8")
    return Envelope(sender, recipient, utf8, _literal_headers(mail) + message.as_bytes())


def _literal_headers(mail: Mail) -> bytes:
    """Write what must stay one line: the library encodes long ones as words, and no mail program decodes those.

    The mail has checked that these are visible ASCII, shorter than the 998 bytes that a line may have.
    """
    lines = [f"Message-ID: {mail.message_id}"]
    if mail.unsubscribe is not None:
        lines += [f"List-Unsubscribe: <{mail.unsubscribe}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _header(address: Address, mailbox: str) -> HeaderAddress:
    local, _, domain = mailbox.rpartition("@")
    return HeaderAddress(address.name, local, domain)


def _encode(address: Address) -> str:
    """Return the mailbox with its domain in ASCII, as servers that know no SMTPUTF8 need it."""
    if address.domain.isascii():
        return f"{address.local}@{address.domain}"
    try:
        return f"{address.local}@{idna.encode(address.domain, uts46=True).decode()}"
    except idna.IDNAError:
        raise Rejected("the domain of a mail address is none that DNS can hold") from None
