"""What ports/presence.py promises, kept by NATS and by memory alike."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import msgspec
import pytest

from notifications.adapters.memory.presence import MemoryPresenceBus, MemoryPresenceLine
from notifications.adapters.nats.connection import connect
from notifications.adapters.nats.presence import NatsPresenceBus
from notifications.domain.notification import UserKey
from notifications.domain.presence import News, Presence, Status
from notifications.ports.presence import PresenceBus
from tests.support.nats import NatsServer
from tests.support.waiting import eventually

ANN, GONE = UserKey("acme", "ann ☃"), UserKey("acme", "ben")
NEWS = News(
    "first",
    3,
    {
        ANN: Presence(Status.AWAY, 1_772_323_200_000, frozenset({"dm.1", "group.a%2Eb"})),
        GONE: Presence(Status.OFFLINE, 5),
    },
)


@dataclass
class End:
    """A gateway that remembers what it heard."""

    bus: PresenceBus
    news: list[News] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bus.listen(self.news.append, self.questions.append)


@pytest.fixture
async def memory_ends() -> list[End]:
    line = MemoryPresenceLine()
    return [End(MemoryPresenceBus(name, line)) for name in ("first", "second", "third")]


@pytest.fixture
async def nats_ends(nats_server: NatsServer) -> AsyncIterator[list[End]]:
    password = nats_server.password("gateway")
    connections = [await connect([nats_server.url], "gateway", password, "contract") for _ in range(3)]
    names = ("first", "second", "third")
    ends = [End(NatsPresenceBus(name, connection)) for name, connection in zip(names, connections, strict=True)]
    for connection in connections:
        await connection.flush()
    yield ends
    for connection in connections:
        await connection.close()
    ends[0].bus.tell(NEWS)
    ends[0].bus.ask()


@pytest.fixture(params=["memory", "nats"])
def ends(request: pytest.FixtureRequest) -> list[End]:
    found: list[End] = request.getfixturevalue(f"{request.param}_ends")
    return found


async def test_what_is_told_to_all_reaches_all_and_who_tells_it(ends: list[End]) -> None:
    ends[0].bus.tell(NEWS)
    await eventually(lambda: all(end.news for end in ends))
    assert [end.news for end in ends] == [[NEWS]] * 3


async def test_what_is_told_to_one_reaches_no_other(ends: list[End]) -> None:
    ends[0].bus.tell(NEWS, "second")
    ends[0].bus.tell(News("first", 4))
    await eventually(lambda: all(News("first", 4) in end.news for end in ends))
    assert [len(end.news) for end in ends] == [1, 2, 1]
    assert ends[1].news[0] == NEWS


async def test_a_question_names_who_asks(ends: list[End]) -> None:
    ends[0].bus.ask("third")
    ends[0].bus.ask()
    await eventually(lambda: all(end.questions for end in ends) and len(ends[2].questions) == 2)
    assert [end.questions for end in ends] == [["first"], ["first"], ["first", "first"]]


async def test_news_of_ten_thousand_users_arrive_whole(ends: list[End]) -> None:
    presence = Presence(Status.ONLINE, 1_772_323_200_000, frozenset({"dm.1", "group.7"}))
    news = News("first", 9, {UserKey("acme", f"user-{number}"): presence for number in range(10_000)}, whole=True)
    ends[0].bus.tell(news)
    await eventually(lambda: all(end.news for end in ends))
    assert ends[1].news == [news]


async def test_nothing_is_left_of_news_of_which_a_part_is_missing(nats_server: NatsServer) -> None:
    password = nats_server.password("gateway")
    connection = await connect([nats_server.url], "gateway", password, "contract")
    end = End(NatsPresenceBus("listener", connection))

    def tell(version: int, part: int, last: bool) -> None:
        line = ["acme", f"user-{version}-{part}", "online", 0, ["dm.1"]]
        body = {"type": "news", "gateway": "g", "version": version, "whole": True, "part": part, "last": last}
        connection.publish("ntf.presence.all", msgspec.json.encode(body | {"users": [line]}))

    for version, part, last in [(1, 0, False), (1, 2, True), (2, 1, True), (3, 0, False), (4, 1, True)]:
        tell(version, part, last)
    tell(5, 0, False)
    tell(5, 1, True)
    await eventually(lambda: end.news)
    assert [(news.version, {user.user for user in news.users}) for news in end.news] == [(5, {"user-5-0", "user-5-1"})]
    await connection.close()


@pytest.mark.parametrize(
    "junk",
    [
        b"{", b"{}", b"[]", b'{"type":"ask"}', b'{"type":"ask","gateway":""}', b'{"type":"other","gateway":"a"}',
        b'{"type":"news","gateway":"a","version":-1,"whole":false,"part":0,"last":true,"users":[]}',
        b'{"type":"news","gateway":"a","version":1,"whole":false,"part":0,"last":true,"users":[["t","u","here",0,[]]]}',
        b'{"type":"news","gateway":"a","version":1,"whole":false,"part":0,"last":true,"users":[["t","","away",0,[]]]}',
        b'{"type":"news","gateway":"a","version":1,"whole":false,"part":0,"last":true,"users":[["t","u","away",0,["'
        + b"r" * 201 + b'"]]]}',
    ],
    ids=lambda junk: junk[-60:].decode(),
)  # fmt: skip
async def test_junk_is_not_heard_and_what_follows_is(nats_server: NatsServer, junk: bytes) -> None:
    connection = await connect([nats_server.url], "gateway", nats_server.password("gateway"), "contract")
    end = End(NatsPresenceBus("listener", connection))
    connection.publish("ntf.presence.all", junk)
    end.bus.tell(NEWS)
    await eventually(lambda: end.news)
    assert (end.news, end.questions) == ([NEWS], [])
    await connection.close()
