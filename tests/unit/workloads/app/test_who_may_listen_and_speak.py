"""Every row of the authorisation matrix, and what happens when those who would know cannot be asked."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from notifications.adapters.memory.rooms import MemoryRooms
from notifications.adapters.memory.store import MemoryStore
from notifications.app.access import Access
from notifications.domain.access import Action, Rule
from notifications.domain.errors import Forbidden, Unavailable
from notifications.domain.limits import MEMBERSHIP_KEPT
from notifications.domain.notification import UserKey
from notifications.domain.principal import Principal
from notifications.domain.rooms import Seat
from notifications.domain.topics import Topic, read_pattern, room_topic
from notifications.ports.authorizer import Question, Verdict

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FAMILIES: Mapping[str, Rule] = {
    "orders": Rule.AUTHORIZER,
    "team": Rule.MEMBERS,
    "news": Rule.EVERYONE,
    "audit": Rule.ADMINS,
}
JOIN, SEND = Action.JOIN, Action.SEND


def somebody(user: str, tenant: str = "acme") -> Principal:
    return Principal(UserKey(tenant, user), NOON)


ALICE = replace(somebody("1"), groups=frozenset({"7"}))
BOB = somebody("2")
ADMIN = replace(somebody("boss"), roles=frozenset({"admin"}))
PRODUCER = replace(somebody("app"), scopes=frozenset({"notifications:write"}))
FOREIGN_ADMIN = replace(somebody("boss", "other"), roles=frozenset({"admin"}))
WHO = {"alice": ALICE, "bob": BOB, "admin": ADMIN, "producer": PRODUCER, "foreign admin": FOREIGN_ADMIN}


class Platform:
    """An authorizer that lets bob into post 9 and to orders.eu, and all below it."""

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self.is_away = False

    async def ask(self, question: Question) -> Verdict:
        self.asked.append(question)
        if self.is_away:
            raise Unavailable("it answered 500")
        allow = question.about.tokens[:2] in (("post", "9"), ("orders", "eu")) and question.principal == BOB
        return Verdict(allow, None)


class Town:
    """Rooms with members, a platform, and a clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 0.0
        self.rooms = Rooms()
        self.platform = Platform()
        self.access = Access(self.rooms, self.platform, FAMILIES, lambda: self.time)


class Rooms(MemoryRooms):
    """Counts how often it is read, and may be away."""

    def __init__(self) -> None:
        super().__init__(MemoryStore(lambda: NOON), lambda: NOON)
        self.reads: list[int] = []
        self.is_away = False

    async def are_members(self, seats: Sequence[Seat]) -> list[bool]:
        self.reads.append(len(seats))
        if self.is_away:
            raise Unavailable("the database did not answer")
        return await super().are_members(seats)


@pytest.fixture
async def town() -> Town:
    town = Town()
    for room in ("dm:3", "post:9", "team:red"):
        await town.rooms.join("acme", room, "1")
    return town


def acme(name: str) -> Topic:
    return read_pattern("acme", name)


# What they ask for, and who of alice (user 1 of group 7, member of dm:3, post:9 and team:red), bob (user 2, whom the
# authorizer lets into post 9 and orders.eu), admin, producer and foreign admin may listen there, and may speak
MATRIX = [
    ("user.1", {"alice", "admin"}, {"alice", "producer"}),
    ("user.2", {"bob", "admin"}, {"bob", "producer"}),
    ("user.1.messages.new", {"alice", "admin"}, {"alice", "producer"}),
    ("user.1.>", {"alice", "admin"}, set()),
    ("user.1.*.x", {"alice", "admin"}, set()),
    ("user.*", {"admin"}, set()),
    ("user.>", {"admin"}, set()),
    ("user", set(), set()),
    ("group.7", {"alice", "admin"}, {"alice", "producer"}),
    ("group.8", {"admin"}, {"producer"}),
    ("group.7.typing", {"alice", "admin"}, {"alice", "producer"}),
    ("group.7.*", {"alice", "admin"}, set()),
    ("group.*", {"admin"}, set()),
    ("group.*.x", {"admin"}, set()),
    ("post.9", {"alice", "bob", "admin"}, {"alice", "bob", "producer"}),
    ("post.8", {"admin"}, {"producer"}),
    ("post.9.likes", {"alice", "bob", "admin"}, {"alice", "bob", "producer"}),
    ("post.9.>", {"alice", "bob", "admin"}, set()),
    ("post.*", {"admin"}, set()),
    ("dm.3", {"alice", "admin"}, {"alice", "producer"}),
    ("dm.4", {"admin"}, {"producer"}),
    ("dm.3.>", {"alice", "admin"}, set()),
    ("dm.>", {"admin"}, set()),
    ("dm.3:x", {"admin"}, {"producer"}),
    ("admin.broadcast", {"admin"}, {"admin", "producer"}),
    ("admin.>", {"admin"}, set()),
    ("orders.eu", {"bob", "admin"}, {"bob", "producer"}),
    ("orders.us", {"admin"}, {"producer"}),
    ("orders.eu.>", {"bob", "admin"}, set()),
    ("orders.>", {"admin"}, set()),
    ("team.red", {"alice", "admin"}, {"alice", "producer"}),
    ("team.blue", {"admin"}, {"producer"}),
    ("team.red.*", {"alice", "admin"}, set()),
    ("news", {"alice", "bob", "admin", "producer"}, {"producer"}),
    ("news.sport.today", {"alice", "bob", "admin", "producer"}, {"producer"}),
    ("news.sport.>", {"alice", "bob", "admin", "producer"}, set()),
    ("news.>", {"admin"}, set()),
    ("audit.logins", {"admin"}, {"admin", "producer"}),
    ("lobby", set(), set()),
    ("unknown.1", set(), set()),
    ("unknown.1.>", set(), set()),
    ("unknown.*", set(), set()),
    ("*.1", {"admin"}, set()),
    ("*", {"admin"}, set()),
    (">", {"admin"}, set()),
]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("name", "listeners", "speakers"), MATRIX, ids=[name for name, *_ in MATRIX])
async def test_each_may_what_the_matrix_says_and_no_more(
    town: Town, who: str, name: str, listeners: set[str], speakers: set[str]
) -> None:
    for action, allowed in ((JOIN, listeners), (SEND, speakers)):
        (refusal,) = await town.access.check_each(WHO[who], [acme(name)], action)

        assert (refusal is None) is (who in allowed), f"{who} wants to {action} {name}: {refusal}"
        assert refusal is None or isinstance(refusal, Forbidden)


@pytest.mark.parametrize("name", ["user.1", "news", ">"])
async def test_nothing_of_another_tenant_is_allowed(town: Town, name: str) -> None:
    for principal in WHO.values():
        stranger = read_pattern("elsewhere", name)
        for action in Action:
            with pytest.raises(Forbidden, match="another tenant"):
                await town.access.check(principal, stranger, action)


async def test_a_user_who_is_called_as_a_wildcard_has_no_room_of_many(town: Town) -> None:
    star = somebody("*")

    with pytest.raises(Forbidden):
        await town.access.check(star, Topic("acme", ("user", "*")), JOIN)


async def test_a_refusal_says_what_and_why(town: Town) -> None:
    with pytest.raises(Forbidden, match=r"you may not join group\.8: the token does not name the group"):
        await town.access.check(ALICE, room_topic("acme", "group:8"), JOIN)


async def test_the_authorizer_is_asked_about_rooms_as_a_whole_and_not_about_members(town: Town) -> None:
    await town.access.check(ALICE, acme("post.9"), JOIN)
    assert town.platform.asked == []

    await town.access.check(BOB, acme("post.9.likes"), JOIN)
    await town.access.check(BOB, acme("post.9.>"), JOIN)
    assert [question.about for question in town.platform.asked] == [acme("post.9")]


async def test_without_an_authorizer_posts_are_for_members_and_its_families_for_nobody() -> None:
    rooms = Rooms()
    await rooms.join("acme", "post:9", "1")
    access = Access(rooms, None, FAMILIES, lambda: 0.0)

    topics = [acme("post.9"), acme("orders.eu")]
    assert [bool(refusal) for refusal in await access.check_each(ALICE, topics, JOIN)] == [False, True]
    assert [bool(refusal) for refusal in await access.check_each(BOB, topics, JOIN)] == [True, True]


async def test_what_cannot_be_read_is_refused_for_now_only(town: Town) -> None:
    town.rooms.is_away = town.platform.is_away = True

    for name in ("dm.3", "post.9", "team.red", "orders.eu"):
        with pytest.raises(Unavailable):
            await town.access.check(BOB, acme(name), JOIN)
    await town.access.check(BOB, acme("user.2"), JOIN)
    town.rooms.is_away = town.platform.is_away = False
    with pytest.raises(Forbidden):
        await town.access.check(BOB, acme("dm.3"), JOIN)
    await town.access.check(BOB, acme("post.9"), JOIN)


async def test_the_word_of_one_who_can_be_asked_is_enough(town: Town) -> None:
    town.rooms.is_away = True
    await town.access.check(BOB, acme("post.9"), JOIN)
    town.rooms.is_away, town.platform.is_away = False, True
    await town.access.check(ALICE, acme("post.9"), JOIN)


async def test_many_who_come_at_once_are_read_together_and_members_not_again(town: Town) -> None:
    crowd = [somebody(str(number)) for number in range(500)]
    for person in crowd[:9]:
        await town.rooms.join("acme", "dm:5", person.owner.user)

    async def come() -> int:
        answers = await asyncio.gather(
            *(town.access.check_each(who, [acme("dm.5"), acme("dm.5.x")], JOIN) for who in crowd)
        )
        return sum(refusal is None for pair in answers for refusal in pair)

    assert await come() == 18
    assert len(town.rooms.reads) <= 3
    town.rooms.reads.clear()
    assert await come() == 18
    assert sum(town.rooms.reads) == 2 * (500 - 9)


async def test_who_becomes_a_member_is_let_in_at_once_and_who_leaves_is_out_soon(town: Town) -> None:
    with pytest.raises(Forbidden):
        await town.access.check(BOB, acme("dm.3"), JOIN)
    await town.rooms.join("acme", "dm:3", "2")
    await town.access.check(BOB, acme("dm.3"), JOIN)

    await town.rooms.leave("acme", "dm:3", "2")
    await town.access.check(BOB, acme("dm.3"), JOIN)
    town.time += MEMBERSHIP_KEPT
    with pytest.raises(Forbidden):
        await town.access.check(BOB, acme("dm.3"), JOIN)


async def test_a_leave_that_is_told_counts_at_once(town: Town) -> None:
    await town.access.check(ALICE, acme("dm.3"), JOIN)
    await town.rooms.leave("acme", "dm:3", "1")
    town.access.forget_member(Seat("acme", "dm:3", "1"))

    with pytest.raises(Forbidden):
        await town.access.check(ALICE, acme("dm.3"), SEND)
