"""The newest connections of a user stay, whoever counts, in whatever order, and however little of it is known."""

from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.roll import Held, find_surplus

SOME = st.lists(st.builds(Held, st.integers(0, 5), st.sampled_from("abcdefgh")), max_size=20)
LIMIT = st.integers(1, 6)


@given(SOME, LIMIT)
def test_the_newest_stay_and_all_others_go(held: list[Held], limit: int) -> None:
    surplus = find_surplus(held, limit)
    stay = set(held) - surplus
    assert len(stay) == min(limit, len(set(held)))
    assert all(gone < kept for gone in surplus for kept in stay)


@given(SOME, LIMIT, st.randoms())
def test_neither_order_nor_repetition_matters(held: list[Held], limit: int, random: object) -> None:
    shuffled = held * 2
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert find_surplus(shuffled, limit) == find_surplus(held, limit)


@given(SOME, SOME, LIMIT)
def test_who_knows_more_lets_go_of_all_that_who_knows_less_lets_go_of(
    known: list[Held], more: list[Held], limit: int
) -> None:
    assert find_surplus(known, limit) <= find_surplus([*known, *more], limit)


def test_connections_of_the_same_moment_are_ordered_by_their_ids() -> None:
    assert find_surplus([Held(1, "b"), Held(1, "a"), Held(2, "0")], 2) == {Held(1, "a")}
