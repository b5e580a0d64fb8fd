"""The templates that come with the package: plain, without anything to load, readable by every mail program."""

from functools import cache
from importlib import resources

from notifications.adapters.templates.language import render
from notifications.domain.limits import MAX_MAIL
from notifications.domain.template import ALLOWED, TemplateName, Variables


def render_built_in(name: TemplateName, variables: Variables) -> dict[str, str]:
    """See `BuiltIn`."""
    kind = "digest" if name.is_digest else "single"
    sources = {part: _read(f"{kind}.{name.channel}.{part}") for part in ALLOWED[name.channel]}
    return render(sources, variables, MAX_MAIL)


@cache
def _read(name: str) -> str:
    return (resources.files("notifications.adapters.templates") / "sources" / name).read_text(encoding="utf-8")
