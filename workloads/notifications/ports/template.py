"""Templates of tenants, and what renders them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from notifications.domain.template import Parts, Template, TemplateName, Variables
from notifications.domain.variables import Content


@dataclass(frozen=True, slots=True, order=True)
class Listed:
    """A template that a tenant has, without its parts."""

    name: TemplateName
    updated_at: datetime


class TemplateStore(Protocol):
    """Keeps them. Raises as the other stores do."""

    async def find(self, tenant: str, names: Sequence[TemplateName]) -> Template | None:
        """Return the first of these that the tenant has."""
        ...

    async def list(self, tenant: str) -> tuple[Listed, ...]:
        """Return all of a tenant, sorted by name."""
        ...

    async def save(self, tenant: str, template: Template) -> None:
        """Keep it in the place of what had its name. Raises TooLarge beyond MAX_TEMPLATES names."""
        ...

    async def remove(self, tenant: str, name: TemplateName) -> None:
        """Forget it. Raises NotFound."""
        ...


class Engine(Protocol):
    """Renders templates that nobody trusts."""

    async def render(self, parts: Parts, variables: Variables) -> dict[str, str]:
        """Return what comes of each part.

        Raises BrokenTemplate for templates that do not compile or fail with these values, Exhausting for those that
        take more than they may; Unavailable when it cannot be tried now.
        """
        ...


class BuiltIn(Protocol):
    """Renders what is sent without a template of the tenant."""

    def __call__(self, name: TemplateName, variables: Variables) -> dict[str, str]:
        """Return each part of what the name is for."""
        ...


class Clean(Protocol):
    """Makes foreign HTML harmless."""

    def __call__(self, markup: str) -> Content:
        """Return what of it is safe to show, and its text."""
        ...
