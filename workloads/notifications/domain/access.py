"""Who may listen to a topic, and who may speak there. What no row allows is denied.

family   who
user     its user
group    whose token names it among `groups`
post     its members, and whom the authorizer lets
dm       its members
admin    role admin
others   by the rule that the configuration gives them; of `everyone` all may listen, and nobody else speak

A rule goes by a topic's first two tokens, so it holds for everything below `group.7`, and for the pattern `group.7.>`.
Beside that, role admin listens to all topics of its own tenant, and is alone in having wildcards among the first two
tokens; and producers speak wherever there are topics, as they may notify everybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from notifications.domain import subjects
from notifications.domain.principal import ADMIN, WRITE, Principal
from notifications.domain.topics import Topic


class Action(StrEnum):
    """What somebody wants to do with a topic."""

    JOIN = "join"
    SEND = "send"


class Rule(StrEnum):
    """Who may. Those of other families than rooms are called so in the configuration."""

    SELF = "self"
    GROUPS = "groups"
    MEMBERS = "members"
    MEMBERS_OR_AUTHORIZER = "members or authorizer"
    AUTHORIZER = "authorizer"
    EVERYONE = "everyone"
    ADMINS = "admins"


ROOMS: Final[Mapping[str, Rule]] = {
    "user": Rule.SELF,
    "group": Rule.GROUPS,
    "post": Rule.MEMBERS_OR_AUTHORIZER,
    "dm": Rule.MEMBERS,
    "admin": Rule.ADMINS,
}
"""The families that are there by themselves."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Whoever asked may."""


@dataclass(frozen=True, slots=True)
class Denied:
    """Whoever asked may not."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Members of `room` may, if one is named, and whom the authorizer lets, if there is something to ask it `about`."""

    room: str | None = None
    about: Topic | None = None


Decision = Allowed | Denied | Ask


def decide(principal: Principal, topic: Topic, action: Action, families: Mapping[str, Rule]) -> Decision:
    """Return whether somebody may, or who knows. `families` are the rules of those that are no rooms."""
    if topic.tenant != principal.owner.tenant:
        return Denied("it belongs to another tenant")
    if action is Action.SEND and not topic.is_exact:
        return Denied("a message goes to one topic")
    if topic.family in ROOMS and len(topic.tokens) == 1:
        return Denied(f"{topic.family} is a kind of rooms, not a room")
    rule = ROOMS.get(topic.family) or families.get(topic.family)
    if rule is None and topic.family not in subjects.WILDCARDS:
        return Denied(f"there are no topics {topic.family}")
    if _stands_above(principal, action):
        return Allowed()
    if rule is None or not subjects.WILDCARDS.isdisjoint(topic.tokens[:2]):
        return Denied(f"only role {ADMIN} may have a wildcard among the first two tokens")
    return _apply(rule, principal, topic, action)


def _stands_above(principal: Principal, action: Action) -> bool:
    return ADMIN in principal.roles if action is Action.JOIN else WRITE in principal.scopes


def _apply(rule: Rule, principal: Principal, topic: Topic, action: Action) -> Decision:
    match rule:
        case Rule.SELF:
            return _allow(topic.tokens[1] == principal.owner.user, "it is somebody else's")
        case Rule.GROUPS:
            return _allow(topic.tokens[1] in principal.groups, "the token does not name the group")
        case Rule.ADMINS:
            return _allow(ADMIN in principal.roles, f"the token lacks the role {ADMIN}")
        case Rule.EVERYONE:
            return _allow(action is Action.JOIN, f"all may listen, but to speak takes the scope {WRITE}")
        case Rule.AUTHORIZER:
            return Ask(about=topic)
    room = Topic(topic.tenant, topic.tokens[:2])
    if any(":" in token for token in room.tokens):
        return Denied("no part of a room's name has a ':'")
    return Ask(":".join(room.tokens), room if rule is Rule.MEMBERS_OR_AUTHORIZER else None)


def _allow(may: bool, reason: str) -> Decision:
    return Allowed() if may else Denied(reason)
