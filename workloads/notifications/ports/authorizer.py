"""The platform's own word on who may listen and speak, where tokens and members do not tell."""

from dataclasses import dataclass
from typing import Protocol

from notifications.domain.access import Action
from notifications.domain.principal import Principal
from notifications.domain.topics import Topic


@dataclass(frozen=True, slots=True)
class Question:
    """May whoever holds this token? `about` is the topic of a room, or else one that may have wildcards."""

    principal: Principal
    about: Topic
    action: Action


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, and for how many seconds it holds; None if the platform did not say."""

    allow: bool
    ttl: float | None


class Authorizer(Protocol):
    """What the configuration names, outside our control."""

    async def ask(self, question: Question) -> Verdict:
        """Return the verdict. Raises Unavailable when there is none, whatever the reason; the text holds no address."""
        ...
