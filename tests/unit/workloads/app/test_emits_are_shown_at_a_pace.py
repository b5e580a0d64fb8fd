"""Emits: to whom they belong, a thousand sockets at a time, and what gateways say of it."""

import asyncio
from collections import Counter
from functools import partial

import pytest

from notifications.adapters.memory.bus import MemoryFleetBus, MemoryInboxBus
from notifications.adapters.memory.emit import MemoryEmitBus, MemoryEmitLine
from notifications.adapters.memory.store import MemoryStore
from notifications.adapters.memory.topic_log import MemoryTopicBus, MemoryTopicLog
from notifications.app.board import Board, Wish
from notifications.app.emitter import Emitter, Stage, find_sockets
from notifications.app.hub import Arrival, Hub
from notifications.app.tasks import Tasks
from notifications.domain.emit import Audience, Echo, Emit, Scope
from notifications.domain.errors import NotFound, Unavailable
from notifications.domain.limits import EMIT_BATCH, EMIT_PAUSE, EMIT_TIMEOUT, MAX_EMIT_SOCKETS
from notifications.domain.notification import UserKey
from notifications.domain.topics import room_topic
from notifications.ports.socket import Socket
from tests.unit.workloads.app.world import (
    BOB,
    MemorySocket,
    Recorder,
    Reports,
    clock,
    in_virtual_time,
    principal,
    start_fleet,
)

ALL = Audience("demo", Scope.ALL)
ANN, STRANGER = UserKey("demo", "ann"), UserKey("other", "bob")


def emit(audience: Audience = ALL) -> Emit:
    return Emit(audience, "news", '{"text":"hello"}')


class Crowd:
    """So many sockets, which note when they were written to."""

    def __init__(self, sockets: int) -> None:
        self.times: Counter[float] = Counter()
        self.bodies: set[int] = set()
        self._sockets = sockets

    def find(self, audience: Audience) -> list[Socket]:
        return [self] * self._sockets  # type: ignore[list-item]

    def send(self, event: str, body: str, cursor: str | None = None) -> bool:
        self.times[round(asyncio.get_running_loop().time(), 3)] += 1
        self.bodies.add(id(body))
        return True


def show(crowd: Crowd) -> Echo:
    return in_virtual_time(lambda: Stage("gateway-1", crowd.find, Recorder()).show(emit()))


def test_a_thousand_are_written_to_at_a_time_and_the_pauses_are_kept() -> None:
    crowd = Crowd(2 * EMIT_BATCH + 1)
    assert show(crowd) == Echo("gateway-1", 2 * EMIT_BATCH + 1, 0)
    assert list(crowd.times.values()) == [EMIT_BATCH, EMIT_BATCH, 1]
    first, *later = crowd.times
    assert [round(at - first, 3) for at in later] == [EMIT_PAUSE, 2 * EMIT_PAUSE]
    assert len(crowd.bodies) == 1, "one text, so that one frame is shared"


def test_a_thousand_need_no_pause() -> None:
    crowd = Crowd(EMIT_BATCH)
    show(crowd)
    assert list(crowd.times.values()) == [EMIT_BATCH]


def test_those_beyond_the_limit_are_left_out_and_told() -> None:
    crowd = Crowd(MAX_EMIT_SOCKETS + 7)
    assert show(crowd) == Echo("gateway-1", MAX_EMIT_SOCKETS, 7)
    assert crowd.times.total() == MAX_EMIT_SOCKETS


async def open_hub(*owners: UserKey) -> tuple[Hub, Board, dict[str, MemorySocket]]:
    """A hub with a socket of each of these, and a board."""
    tasks, log = Tasks(), MemoryTopicLog()
    hub = Hub("gateway-1", MemoryStore(clock), MemoryInboxBus(), Reports(), tasks)
    sockets = {}
    for number, owner in enumerate(owners):
        socket = MemorySocket(f"{owner.tenant}-{owner.user}-{number}")
        session = await hub.join(Arrival(socket, principal(owner)))
        session.connected_at = 1
        sockets[socket.id] = socket
    return hub, Board(log, MemoryTopicBus(log), clock, tasks), sockets


@pytest.mark.parametrize(
    ("audience", "found"),
    [
        (Audience("demo", Scope.USER, "bob"), ["demo-bob-0", "demo-bob-1"]),
        (Audience("demo", Scope.USER, "eve"), []),
        (ALL, ["demo-ann-2", "demo-bob-0", "demo-bob-1"]),
        (Audience("demo", Scope.SERVER, "gateway-1"), ["demo-ann-2", "demo-bob-0", "demo-bob-1"]),
        (Audience("other", Scope.ALL), ["other-bob-3"]),
        (Audience("demo", Scope.ROOM, "group:7"), ["demo-ann-2"]),
        (Audience("demo", Scope.ROOM, "group:8"), []),
        (Audience("other", Scope.ROOM, "group:7"), []),
    ],
)
def test_an_audience_is_of_one_tenant(audience: Audience, found: list[str]) -> None:
    async def look() -> list[str]:
        hub, board, sockets = await open_hub(BOB, BOB, ANN, STRANGER)
        follower = board.make_follower(sockets["demo-ann-2"], lambda: None)
        await board.follow(follower, Wish(room_topic("demo", "group:7")))
        return sorted(socket.id for socket in find_sockets(hub, board, audience))

    assert in_virtual_time(look) == found


def test_who_was_not_greeted_yet_is_not_shown_anything() -> None:
    async def look() -> list[Socket]:
        hub, board, _ = await open_hub(BOB)
        for session in hub.sessions():
            session.connected_at = None
        return find_sockets(hub, board, ALL)

    assert in_virtual_time(look) == []


def test_a_socket_without_room_is_told_as_left_out() -> None:
    async def look() -> Echo:
        hub, board, sockets = await open_hub(BOB, ANN)
        sockets["demo-ann-1"].room.clear()
        return await Stage("gateway-1", partial(find_sockets, hub, board), Recorder()).show(emit())

    assert in_virtual_time(look) == Echo("gateway-1", 1, 1)


class Pair:
    """Two gateways, of 3 and of 1,500 sockets, which know each other."""

    async def open(self) -> None:
        self.line, beacons, self._tasks = MemoryEmitLine(), MemoryFleetBus(), Tasks()
        self._beats = []
        self.emitters = []
        for name, sockets in (("gateway-1", 3), ("gateway-2", 1_500)):
            fleet, beat = start_fleet(name, beacons)
            stage = Stage(name, Crowd(sockets).find, Recorder())
            self.emitters.append(Emitter(name, stage, MemoryEmitBus(self.line), fleet, self._tasks))
            self._beats.append(beat)
        await asyncio.sleep(1)

    def silence(self) -> None:
        """Let the second hear nothing any more, though it is taken for alive."""
        self.line.listeners.popitem()

    async def close(self) -> None:
        for beat in self._beats:
            beat.cancel()
        await asyncio.gather(*self._beats, return_exceptions=True)
        await self._tasks.stop()


def test_all_gateways_are_asked_and_have_written_when_they_answer() -> None:
    async def work() -> None:
        pair = Pair()
        await pair.open()
        begun = clock()
        heard = await pair.emitters[0].emit(emit())
        assert {echo.gateway: echo.delivered for echo in heard.echoes} == {"gateway-1": 3, "gateway-2": 1_500}
        assert heard.missing == ()
        assert (clock() - begun).total_seconds() == pytest.approx(EMIT_PAUSE, abs=0.01)
        await pair.close()

    in_virtual_time(work)


def test_who_is_silent_for_five_seconds_is_named() -> None:
    async def work() -> None:
        pair = Pair()
        await pair.open()
        pair.silence()
        begun = clock()
        heard = await pair.emitters[0].emit(emit())
        assert ([echo.gateway for echo in heard.echoes], heard.missing) == (["gateway-1"], ("gateway-2",))
        assert (clock() - begun).total_seconds() == pytest.approx(EMIT_TIMEOUT, abs=0.01)
        await pair.close()

    in_virtual_time(work)


@pytest.mark.parametrize(
    ("name", "shown"), [("local", "gateway-1"), ("gateway-1", "gateway-1"), ("gateway-2", "gateway-2")]
)
def test_one_gateway_alone_is_asked_when_it_is_named(name: str, shown: str) -> None:
    async def work() -> None:
        pair = Pair()
        await pair.open()
        heard = await pair.emitters[0].emit(emit(Audience("demo", Scope.SERVER, name)))
        assert ([echo.gateway for echo in heard.echoes], heard.missing) == ([shown], ())
        await pair.close()

    in_virtual_time(work)


def test_a_gateway_that_is_not_there_cannot_be_named() -> None:
    async def work() -> None:
        pair = Pair()
        await pair.open()
        with pytest.raises(NotFound):
            await pair.emitters[0].emit(emit(Audience("demo", Scope.SERVER, "gateway-3")))
        await pair.close()

    in_virtual_time(work)


def test_without_a_bus_the_own_sockets_can_be_reached_and_no_others() -> None:
    async def work() -> None:
        pair = Pair()
        await pair.open()
        pair.line.away = True
        assert (await pair.emitters[0].emit(emit(Audience("demo", Scope.SERVER, "local")))).echoes[0].delivered == 3
        with pytest.raises(Unavailable):
            await pair.emitters[0].emit(emit())
        await pair.close()

    in_virtual_time(work)
