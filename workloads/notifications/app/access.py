"""Lets somebody listen or speak, or says why not: what the matrix leaves open, members and the authorizer decide."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from notifications.app.memberships import Memberships
from notifications.app.verdicts import Verdicts
from notifications.domain.access import Action, Allowed, Ask, Denied, Rule, decide
from notifications.domain.errors import Forbidden, Unavailable
from notifications.domain.principal import Principal
from notifications.domain.rooms import Seat
from notifications.domain.topics import Topic
from notifications.ports.authorizer import Authorizer, Question
from notifications.ports.rooms import RoomStore

Refusal = Forbidden | Unavailable


class Access:
    """`families` are the rules of those that are no rooms; `monotonic` gives seconds. In doubt nothing is allowed."""

    def __init__(
        self,
        rooms: RoomStore,
        authorizer: Authorizer | None,
        families: Mapping[str, Rule],
        monotonic: Callable[[], float],
    ) -> None:
        self._families = families
        self._memberships = Memberships(rooms, monotonic)
        self._verdicts = Verdicts(authorizer, monotonic) if authorizer else None

    async def check(self, principal: Principal, topic: Topic, action: Action) -> None:
        """Return if it is allowed. Raises Forbidden if it is not, and Unavailable if that cannot be told now."""
        if refusal := await self._judge(principal, topic, action):
            raise refusal

    async def check_each(self, principal: Principal, topics: Sequence[Topic], action: Action) -> list[Refusal | None]:
        """Return for each topic what `check` would raise, None where it would return."""
        return await asyncio.gather(*(self._judge(principal, topic, action) for topic in topics))

    def depends(self, principal: Principal, topic: Topic) -> bool:
        """Say whether members or the authorizer decide if somebody may listen: they may change their mind any time."""
        return isinstance(decide(principal, topic, Action.JOIN, self._families), Ask)

    def forget_member(self, seat: Seat) -> None:
        """Read anew whether somebody is a member; a member's leave would else count a moment later."""
        self._memberships.forget(seat)

    async def _judge(self, principal: Principal, topic: Topic, action: Action) -> Refusal | None:
        match decide(principal, topic, action, self._families):
            case Allowed():
                return None
            case Denied(reason):
                return _forbid(topic, action, reason)
            case Ask() as ask:
                return await self._ask(principal, topic, action, ask)

    async def _ask(self, principal: Principal, topic: Topic, action: Action, ask: Ask) -> Refusal | None:
        refusal: Refusal = _forbid(topic, action, "nobody who may be asked allows it")
        try:
            if ask.room is not None and await self._memberships.has(Seat(topic.tenant, ask.room, principal.owner.user)):
                return None
        except Unavailable as error:
            refusal = error
        try:
            if ask.about and self._verdicts and await self._verdicts.ask(Question(principal, ask.about, action)):
                return None
        except Unavailable as error:
            refusal = error
        return refusal


def _forbid(topic: Topic, action: Action, reason: str) -> Forbidden:
    return Forbidden(f"you may not {action} {topic.name}: {reason}")
