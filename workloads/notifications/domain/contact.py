"""How a person is reached who is not connected, as far as the tenant's producers have told: a card for each user."""

import re
from dataclasses import dataclass, field

from notifications.domain.errors import Invalid
from notifications.domain.limits import MAX_NAME
from notifications.domain.mail import Address, check_line, parse_address
from notifications.domain.network import check_endpoint
from notifications.domain.text import check_text

# Language, script, region and whatever follows, as BCP 47 writes them
LOCALE = re.compile(r"(?=.{2,35}$)[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Contact:
    """A card; None stands where nothing is known. `email` is an address without a name, `webhook` an https address.

    Raises Invalid or TooLarge.
    """

    email: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    locale: str | None = None
    webhook: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.name is not None:
            check_line(check_text(self.name, "name", MAX_NAME), "name")
        if self.email is not None:
            _check_mailbox(self.email)
        if self.locale is not None:
            check_locale(self.locale, "locale")
        if self.webhook is not None:
            check_endpoint(self.webhook, "webhook")

    @property
    def address(self) -> Address | None:
        """Return where mail goes, with the name shown beside it; None without `email`."""
        if self.email is None:
            return None
        mailbox = parse_address(self.email)
        return Address(mailbox.local, mailbox.domain, self.name or "")


def check_locale(value: str, field: str) -> str:
    """Return a language tag such as `de` or `pt-BR`. Raises Invalid."""
    if not LOCALE.fullmatch(value):
        raise Invalid(f"{field} must be a language tag such as de or pt-BR, of at most 35 characters")
    return value


def _check_mailbox(email: str) -> None:
    mailbox = parse_address(email)
    if f"{mailbox.local}@{mailbox.domain}" != email:
        raise Invalid("email must be the address alone: what is shown beside it goes into name")
