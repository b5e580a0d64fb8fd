"""Who comes, goes and turns away is shown to who shares a dm or a group, at any gateway, and to nobody else."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from notifications.adapters.memory.presence import MemoryPresenceBus, MemoryPresenceLine
from notifications.app.attendance import Attendance
from notifications.app.follower import Follower, Following
from notifications.app.reader import InboxReader
from notifications.app.session import Session
from notifications.app.tasks import Tasks
from notifications.domain.limits import LEASE, PRESENCE_GRACE, PRESENCE_TOLD
from notifications.domain.notification import UserKey
from notifications.domain.presence import Place, Status
from notifications.domain.topics import Topic, room_topic
from tests.unit.workloads.app.world import MemorySocket, Reports, clock, in_virtual_time, principal, store_with

SOON = 0.5
DM, GROUP = "dm:1", "group:7"


class Gateway:
    """One end of a line, as long as it is not killed."""

    def __init__(self, name: str, line: MemoryPresenceLine) -> None:
        self.name = name
        self.line = line
        self.attendance = Attendance(name, MemoryPresenceBus(name, line), clock, asyncio.get_running_loop().time)
        self.running = asyncio.ensure_future(self.attendance.run())

    async def kill(self) -> None:
        self.running.cancel()
        await asyncio.wait([self.running])
        del self.line.listeners[self.name]


class Person:
    """A socket of a user at a gateway."""

    def __init__(self, gateway: Gateway, session: Session) -> None:
        self.gateway = gateway
        self.session = session
        self.follower = Follower(session.socket, self, lambda: None, Tasks())  # type: ignore[arg-type]
        session.topics = self.follower
        self._read = 0

    def join(self, *rooms: str) -> None:
        for topic in self._topics(rooms):
            self.follower.followings[topic] = Following(topic, 0, live=True)
            self.gateway.attendance.enter(self.session, topic)

    def unfollow(self, follower: Follower, topic: Topic) -> bool:
        del follower.followings[topic]
        self.gateway.attendance.leave(follower, topic)
        return True

    def leave(self, *rooms: str) -> None:
        for topic in self._topics(rooms):
            self.unfollow(self.follower, topic)

    def say(self, status: Status) -> None:
        self.gateway.attendance.update(self.session, status)

    def go(self) -> None:
        self.session.end()

    def news(self) -> list[tuple[str, Any]]:
        """What was shown since the last time: the names of events, and of `presence:changed` who and how."""
        socket = self.session.socket
        assert isinstance(socket, MemorySocket)
        sent, self._read = socket.sent[self._read :], len(socket.sent)
        assert all(cursor is not None for _, _, cursor in sent)
        return [
            (name.removeprefix("presence:"), body if isinstance(body, str) else (body["userId"], body["status"]))
            for name, body, _ in sent
        ]

    def _topics(self, rooms: Iterable[str]) -> list[Topic]:
        return [room_topic(self.session.principal.owner.tenant, room) for room in rooms]


class World:
    """Gateways on one line, and people."""

    def __init__(self) -> None:
        self.line = MemoryPresenceLine()

    async def connect(self, gateway: Gateway, user: str, *rooms: str, tenant: str = "demo") -> Person:
        reader = InboxReader(await store_with(0))
        session = Session(MemorySocket(user), principal(UserKey(tenant, user)), reader, Reports(), Tasks())
        person = Person(gateway, session)
        person.join(*rooms)
        return person


@asynccontextmanager
async def world() -> AsyncIterator[tuple[World, Gateway, Gateway]]:
    place = World()
    gateways = [Gateway(name, place.line) for name in ("a", "b")]
    await asyncio.sleep(SOON)
    yield place, gateways[0], gateways[1]
    for gateway in gateways:
        gateway.running.cancel()


def came(user: str, status: str = "online") -> list[tuple[str, Any]]:
    return [("user:online", user), ("changed", (user, status))]


def gone(user: str) -> list[tuple[str, Any]]:
    return [("user:offline", user), ("changed", (user, "offline"))]


def test_both_are_shown_to_each_other_once_whoever_came_first_however_much_they_share() -> None:
    async def work() -> list[list[tuple[str, Any]]]:
        async with world() as (people, a, b):
            ben = await people.connect(b, "ben", DM, GROUP)
            await asyncio.sleep(SOON)
            ann = await people.connect(a, "ann", DM)
            await asyncio.sleep(SOON)
            ann.join(GROUP)
            await asyncio.sleep(SOON)
            return [ann.news(), ben.news()]

    assert in_virtual_time(work) == [came("ben"), came("ann")]


def test_who_shares_no_dm_or_group_or_is_of_another_tenant_hears_nothing() -> None:
    async def work() -> list[list[tuple[str, Any]]]:
        async with world() as (people, a, b):
            strangers = [
                await people.connect(b, "ben", "dm:2", "post:9"),
                await people.connect(b, "cay", DM, tenant="other"),
                await people.connect(a, "ann"),
            ]
            ann = await people.connect(a, "ann", DM, "post:9")
            await asyncio.sleep(SOON)
            ann.go()
            await asyncio.sleep(2 * PRESENCE_GRACE)
            return [stranger.news() for stranger in strangers]

    assert in_virtual_time(work) == [[], [], []]


def test_statuses_are_shown_as_they_change_the_strongest_of_all_sockets() -> None:
    async def work() -> list[list[tuple[str, Any]]]:
        async with world() as (people, a, b):
            ben = await people.connect(b, "ben", DM)
            phone, laptop = await people.connect(a, "ann", DM), await people.connect(b, "ann", DM)
            await asyncio.sleep(SOON)
            heard = [ben.news()]
            for device, status in [
                (phone, Status.AWAY), (laptop, Status.AWAY), (phone, Status.OFFLINE), (laptop, Status.OFFLINE),
                (phone, Status.ONLINE),
            ]:  # fmt: skip
                device.say(status)
                await asyncio.sleep(SOON)
                heard.append(ben.news())
            return heard

    away = [("changed", ("ann", "away"))]
    assert in_virtual_time(work) == [came("ann"), [], away, [], gone("ann"), came("ann")]


def test_when_somebody_was_last_online_is_told() -> None:
    async def work() -> list[object]:
        async with world() as (people, a, b):
            ben, ann = await people.connect(b, "ben", DM), await people.connect(a, "ann", DM)
            await asyncio.sleep(9.75 - SOON)
            ann.say(Status.AWAY)
            await asyncio.sleep(10)
            ann.go()
            await asyncio.sleep(10)
            socket = ben.session.socket
            assert isinstance(socket, MemorySocket)
            return [body["lastSeenAt"][17:-3] for name, body, _ in socket.sent if name == "presence:changed"]

    assert in_virtual_time(work) == ["00.6", "09.8", "19.8"]


def test_who_reconnects_elsewhere_within_the_grace_was_never_gone() -> None:
    async def work() -> list[list[tuple[str, Any]]]:
        async with world() as (people, a, b):
            ben, ann = await people.connect(b, "ben", DM, GROUP), await people.connect(a, "ann", DM, GROUP)
            await asyncio.sleep(SOON)
            heard = [ben.news()]
            ann.go()
            await asyncio.sleep(PRESENCE_GRACE - SOON)
            ann = await people.connect(b, "ann", DM)
            await asyncio.sleep(SOON / 2)
            ann.join(GROUP)
            await asyncio.sleep(3 * PRESENCE_GRACE)
            heard.append(ben.news())
            ann.go()
            await asyncio.sleep(PRESENCE_GRACE + SOON)
            return [*heard, ben.news()]

    assert in_virtual_time(work) == [came("ann"), [], gone("ann")]


def test_who_leaves_the_last_common_room_is_offline_to_who_stays() -> None:
    async def work() -> list[list[tuple[str, Any]]]:
        async with world() as (people, a, b):
            ben, cay = await people.connect(b, "ben", DM, GROUP), await people.connect(b, "cay", GROUP)
            ann = await people.connect(a, "ann", DM, GROUP)
            await asyncio.sleep(SOON)
            ben.news(), cay.news()
            ann.leave(GROUP)
            await asyncio.sleep(PRESENCE_GRACE + SOON)
            return [ben.news(), cay.news(), ann.news()[4:]]

    assert in_virtual_time(work) == [[], gone("ann"), []]


def test_the_users_of_a_killed_gateway_are_gone_within_its_lease() -> None:
    async def work() -> list[list[tuple[str, Any]]]:
        async with world() as (people, a, b):
            ben, _ = await people.connect(b, "ben", DM), await people.connect(a, "ann", DM)
            await asyncio.sleep(SOON)
            heard = [ben.news()]
            await a.kill()
            await asyncio.sleep(LEASE - 2.5)
            heard.append(ben.news())
            await asyncio.sleep(2.6)
            return [*heard, ben.news()]

    assert in_virtual_time(work) == [came("ann"), [], gone("ann")]


def test_who_hears_nobody_takes_nobody_for_gone_and_learns_afterwards_what_happened() -> None:
    async def work() -> list[list[tuple[str, Any]]]:
        async with world() as (people, a, b):
            ben, ann = await people.connect(b, "ben", DM), await people.connect(a, "ann", DM)
            dan = await people.connect(a, "dan", DM)
            await asyncio.sleep(SOON)
            ben.news()
            people.line.deaf = {"b"}
            await asyncio.sleep(3 * LEASE)
            dan.go()
            ann.say(Status.AWAY)
            await asyncio.sleep(LEASE)
            heard = [ben.news()]
            people.line.deaf = set()
            await asyncio.sleep(LEASE)
            return [*heard, ben.news()]

    assert in_virtual_time(work) == [[], [("changed", ("ann", "away")), *gone("dan")]]


def test_a_gateway_that_starts_later_knows_who_is_there_at_once() -> None:
    async def work() -> list[tuple[str, Status]]:
        async with world() as (people, a, _):
            await people.connect(a, "ann", DM)
            await people.connect(a, "ben", DM)
            await asyncio.sleep(LEASE)
            c = Gateway("c", people.line)
            await asyncio.sleep(SOON)
            present = c.attendance.list_present(Place("demo", "dm.1"), "", 10)
            c.running.cancel()
            return [(user, presence.status) for user, presence in present]

    assert in_virtual_time(work) == [("ann", Status.ONLINE), ("ben", Status.ONLINE)]


def test_in_a_crowd_nobody_is_told_of_the_others_and_all_can_be_listed() -> None:
    async def work() -> tuple[list[tuple[str, Any]], int, list[str]]:
        async with world() as (people, a, b):
            for number in range(PRESENCE_TOLD):
                await people.connect(a, f"user-{number:03}", GROUP)
            await asyncio.sleep(SOON)
            ben = await people.connect(b, "ben", GROUP)
            await people.connect(a, "cay", GROUP)
            await asyncio.sleep(SOON)
            everybody = b.attendance.list_present(Place("demo", "group.7"), "", 1000)
            page = b.attendance.list_present(Place("demo", "group.7"), "cay", 2)
            return ben.news()[2 * PRESENCE_TOLD :], len(everybody), [user for user, _ in page]

    assert in_virtual_time(work) == ([], PRESENCE_TOLD + 2, ["user-000", "user-001"])
