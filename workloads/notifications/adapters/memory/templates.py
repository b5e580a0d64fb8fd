"""Templates in memory."""

from collections.abc import Sequence
from datetime import datetime

from notifications.domain.errors import NotFound, TooLarge
from notifications.domain.limits import MAX_TEMPLATES
from notifications.domain.template import Template, TemplateName
from notifications.ports.clock import Clock
from notifications.ports.template import Listed


class MemoryTemplates:
    """The TemplateStore."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tenants: dict[str, dict[TemplateName, tuple[Template, datetime]]] = {}

    async def find(self, tenant: str, names: Sequence[TemplateName]) -> Template | None:
        """Return the first of these that the tenant has."""
        own = self._tenants.get(tenant, {})
        return next((own[name][0] for name in names if name in own), None)

    async def list(self, tenant: str) -> tuple[Listed, ...]:
        """Return all of a tenant."""
        return tuple(sorted(Listed(name, at) for name, (_, at) in self._tenants.get(tenant, {}).items()))

    async def save(self, tenant: str, template: Template) -> None:
        """Keep a template in the place of what had its name."""
        own = self._tenants.setdefault(tenant, {})
        if len(own.keys() - {template.name}) >= MAX_TEMPLATES:
            raise TooLarge(f"the tenant has {MAX_TEMPLATES} templates already: delete one that is not used")
        own[template.name] = template, self._clock()

    async def remove(self, tenant: str, name: TemplateName) -> None:
        """Forget a template."""
        if self._tenants.get(tenant, {}).pop(name, None) is None:
            raise NotFound("there is no such template")
