"""From what is to be said to the parts of a message: by the tenant's template, or by the built-in one."""

import logging
from collections.abc import Sequence

from notifications.domain.errors import BrokenTemplate, Exhausting, Refused, Unavailable
from notifications.domain.template import Template, TemplateName, Variables, fit
from notifications.ports.template import BuiltIn, Engine, TemplateStore

_log = logging.getLogger(__name__)

_MOST_REMEMBERED = 1_000


class Typesetter:
    """Never fails because of a template: what one cannot say, the built-in one says."""

    def __init__(self, store: TemplateStore, engine: Engine, built_in: BuiltIn) -> None:
        self._store = store
        self._engine = engine
        self._built_in = built_in
        self._told: set[int] = set()
        self._barred: set[int] = set()

    async def set(self, tenant: str, choices: Sequence[TemplateName], variables: Variables) -> dict[str, str]:
        """Return the parts of a message by the first of `choices` that the tenant has. Raises Unavailable."""
        template = await self._store.find(tenant, choices)
        made = template and await self._try(tenant, template, variables)
        return made or fit(choices[0].channel, self._built_in(choices[0], variables))

    async def _try(self, tenant: str, template: Template, variables: Variables) -> dict[str, str] | None:
        key = hash((tenant, template.name, *sorted(template.parts.items())))
        if key in self._barred:
            return None
        try:
            return fit(template.name.channel, await self._engine.render(template.parts, variables))
        except (Refused, Unavailable) as error:
            self._tell(tenant, template.name, key, error)
            if isinstance(error, Exhausting):
                _remember(self._barred, key)
            return None

    def _tell(self, tenant: str, name: TemplateName, key: int, error: Exception) -> None:
        """Log it once; not the reason, which may quote what was to be said."""
        if key in self._told:
            return
        _remember(self._told, key)
        where = {"part": error.part, "line": error.line} if isinstance(error, BrokenTemplate) else {}
        named = {"tenant": tenant, "type": name.type, "channel": name.channel, "locale": name.locale}
        failed = {"event": "template_failed", "error": type(error).__name__}
        _log.warning("a template failed: the built-in one is used instead", extra={**failed, **named, **where})


def _remember(keys: set[int], key: int) -> None:
    if len(keys) >= _MOST_REMEMBERED:
        keys.clear()
    keys.add(key)
