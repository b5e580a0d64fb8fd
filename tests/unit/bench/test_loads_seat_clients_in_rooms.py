"""Who is in which room, and what messages to rooms and users reach."""

from tests.bench.scenario import Load


def test_seats_are_the_same_every_time() -> None:
    load = Load(20, 10, rooms=10, each=3)
    assert load.seat() == load.seat()


def test_clients_are_in_as_many_different_rooms_as_said() -> None:
    assert all(len(set(seat)) == 3 for seat in Load(20, 10, rooms=10, each=3).seat())


def test_a_room_reaches_its_members() -> None:
    load = Load(3, 10, rooms=2, each=1)
    assert load.aim([("r0",), ("r1",), ("r0",)]) == [("r0", 2), ("r1", 1)]


def test_without_rooms_each_user_is_a_target() -> None:
    load = Load(2, 10)
    assert load.aim(load.seat()) == [("u0", 1), ("u1", 1)]
