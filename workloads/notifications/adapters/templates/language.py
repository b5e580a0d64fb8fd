"""The language of templates: Jinja2, where no name may be missing and HTML escapes what it is given."""

from collections.abc import Mapping
from functools import lru_cache
from types import TracebackType
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEnvironment
from markupsafe import Markup

from notifications.domain.errors import BrokenTemplate

_COMPILED = 64
_LONGEST_REASON = 300
_FILE = "<template>"


def render(parts: Mapping[str, str], variables: Mapping[str, Any], most: int) -> dict[str, str]:
    """Return what comes of each part, of at most `most` characters each. Raises BrokenTemplate; MemoryError, too.

    Nothing here ends a template that goes on for ever.
    """
    return {part: _render_part(part, source, _mark(variables), most) for part, source in parts.items()}


def _render_part(part: str, source: str, variables: Mapping[str, Any], most: int) -> str:
    try:
        template = _compile(source, part == "html")
        return _join(template, variables, most)
    except MemoryError:
        raise
    except RecursionError:
        raise BrokenTemplate(part, None, "it is nested too deeply, or calls itself without end") from None
    except Exception as error:  # whatever a template does wrong, in whatever filter
        raise BrokenTemplate(part, _find_line(error), _explain(error)) from None


def _join(template: Template, variables: Mapping[str, Any], most: int) -> str:
    pieces, length = [], 0
    for piece in template.generate(variables):
        pieces.append(piece)
        length += len(piece)
        if length > most:
            raise TemplateError(f"it makes more than {most} characters")
    return "".join(pieces)


@lru_cache(_COMPILED)
def _compile(source: str, escapes: bool) -> Template:
    return (_ESCAPING if escapes else _PLAIN).from_string(source)


def _build(*, escapes: bool) -> SandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=escapes,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: "" if value is None else value,
    )
    del environment.globals["lipsum"]
    return environment


_PLAIN: Final = _build(escapes=False)
_ESCAPING: Final = _build(escapes=True)


def _mark(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Mark the HTML of notifications as such, which is safe already: anything else is escaped."""
    marked = dict(variables)
    if "notification" in marked:
        marked["notification"] = _mark_one(marked["notification"])
    if "notifications" in marked:
        marked["notifications"] = [_mark_one(notification) for notification in marked["notifications"]]
    return marked


def _mark_one(notification: Mapping[str, Any]) -> dict[str, Any]:
    return {**notification, "html": Markup(notification["html"])}  # noqa: S704 - escaped or cleaned before


def _find_line(error: Exception) -> int | None:
    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    line, at = None, error.__traceback__
    while isinstance(at, TracebackType):
        line = at.tb_lineno if at.tb_frame.f_code.co_filename == _FILE else line
        at = at.tb_next
    return line


def _explain(error: Exception) -> str:
    if isinstance(error, OSError):  # names paths of this machine
        return "it asks for what templates do not have"
    told = str(error)[:_LONGEST_REASON]
    return told if isinstance(error, TemplateError) and told else f"{type(error).__name__}: {told}"
