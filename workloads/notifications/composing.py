"""What writes the messages of each channel, from configuration."""

from pathlib import Path

from notifications.adapters.secrets.file import SecretFile
from notifications.adapters.templates.built_in import render_built_in
from notifications.adapters.templates.content import clean
from notifications.app.compose import Composer, Letterhead, MakeLink
from notifications.app.phrasing import Phrasing
from notifications.app.typeset import Typesetter
from notifications.channel_config import EmailConfig
from notifications.config import WorkerConfig
from notifications.domain.errors import Invalid, Misconfigured
from notifications.domain.mail import parse_address
from notifications.domain.unsubscribe import PATH, Unsubscription, parse_keys, sign
from notifications.ports.template import Engine, TemplateStore


def build_composer(config: WorkerConfig, templates: TemplateStore, engine: Engine) -> Composer:
    """Return a writer of messages; it writes no mails when no email is configured. Raises Misconfigured."""
    email = config.channels.email
    letterhead = None if email is None else _build_letterhead(email)
    phrasing = Phrasing(clean, frozenset(config.html_types))
    return Composer(Typesetter(templates, engine, render_built_in), phrasing, letterhead)


def read_unsubscribe_keys(path: str | None) -> SecretFile[tuple[bytes, ...]] | None:
    """Return the keys of links to unsubscribe, None where there are none. Raises Misconfigured."""
    if path is None:
        return None
    try:
        return SecretFile(Path(path), parse_keys)
    except Misconfigured as error:
        raise Misconfigured(f"{error}; expected are keys of at least 32 bytes, one a line") from None


def _build_letterhead(email: EmailConfig) -> Letterhead:
    try:
        return Letterhead(parse_address(email.sender), _build_link_maker(email))
    except Invalid as error:
        raise Misconfigured(f"channels.email.from is wrong: {error}") from error


def _build_link_maker(email: EmailConfig) -> MakeLink | None:
    keys = read_unsubscribe_keys(email.unsubscribe_key_file)
    if keys is None or email.public_url is None:
        return None
    address = email.public_url.rstrip("/") + PATH

    def make_link(wish: Unsubscription) -> str:
        return f"{address}?token={sign(wish, keys())}"

    return make_link
