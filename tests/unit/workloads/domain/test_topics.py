"""Names of topics: what is read from them, what a wildcard matches, and that tenants never meet."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notifications.domain.errors import Invalid, Refused, TooLarge
from notifications.domain.topics import Topic, covers, matches, read_pattern, read_topic, room_topic

WORDS = st.sampled_from(["a", "b", "user", "7", "ä", "x.y", "50%", "%2E", "a b", "*x", ">>", "€:1"])
TOKENS = WORDS | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=3)
NAMES = st.lists(TOKENS.filter(lambda token: token not in ("*", ">")), min_size=1, max_size=5).map(tuple)
FEW = st.sampled_from(["a", "b", "c"])
TOPICS = st.lists(FEW, min_size=1, max_size=5).map(lambda tokens: Topic("acme", tuple(tokens)))
PATTERNS = st.builds(
    lambda tokens, end: Topic("acme", (*tokens, *end)),
    st.lists(FEW | st.just("*"), min_size=1, max_size=4),
    st.sampled_from([(), (">",)]),
)


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("orders", ("orders",)),
        ("user.1", ("user", "1")),
        ("user.a%2Eb%25.x", ("user", "a.b%", "x")),
        ("user.%C3%A4ä", ("user", "ää")),
        ("user.%41", ("user", "A")),
        ("a.b.c.d.e.f.g.h", tuple("abcdefgh")),
        ("user.*x.>>", ("user", "*x", ">>")),
        ("user.google:1", ("user", "google:1")),
        ("x" * 200, ("x" * 200,)),
    ],
)
def test_a_name_is_tokens_joined_by_dots(name: str, tokens: tuple[str, ...]) -> None:
    assert read_topic("acme", name) == Topic("acme", tokens)


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "a.", ".a", "a..b", "a.b.c.d.e.f.g.h.i", "a\0b", "a.%00", "a\ud800", "50%", "a.%2", "a.%zz", "a.%FF",
        "a.%2A", "a.%3e", "a.*", "a.>", "*", ">",
    ],
)  # fmt: skip
def test_what_could_never_be_one_topic_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="topic"):
        read_topic("acme", name)


@pytest.mark.parametrize("name", ["x" * 201, "ä" * 34, "user." + "%41" * 70, "a.b." + "€" * 23])
def test_what_is_too_long_for_a_subject_is_refused(name: str) -> None:
    with pytest.raises(TooLarge, match="longer than 200"):
        read_pattern("acme", name)


@pytest.mark.parametrize("name", ["*", ">", "user.1.>", "user.*.x", "*.*", "a.*.>"])
def test_wildcards_are_tokens_of_their_own(name: str) -> None:
    assert read_pattern("acme", name) == Topic("acme", tuple(name.split(".")))


@pytest.mark.parametrize("name", [">.a", "a.>.b", ">.>", "a.%3E", "a.%2a.b"])
def test_a_wildcard_for_the_rest_stands_at_the_end_and_none_is_escaped(name: str) -> None:
    with pytest.raises(Invalid, match="topic"):
        read_pattern("acme", name)


@given(NAMES)
def test_a_name_that_was_written_is_read_as_it_was(tokens: tuple[str, ...]) -> None:
    topic = Topic("acme", tokens)

    assert read_pattern("acme", topic.name) == read_topic("acme", topic.name) == topic


@given(st.text(max_size=40) | st.text("ab.%*>2AEé\0", max_size=30))
def test_whatever_is_written_it_is_a_topic_or_refused(text: str) -> None:
    try:
        topic = read_pattern("acme", text)
    except Refused:
        return
    assert read_pattern("acme", topic.name) == topic
    assert len(topic.subject) <= len("ntf.live.acme.") + 200
    assert topic.subject.isascii()


@given(NAMES, NAMES)
def test_two_topics_have_two_subjects_and_two_names(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assume(one != other)

    assert Topic("acme", one).subject != Topic("acme", other).subject
    assert Topic("acme", one).name != Topic("acme", other).name


@given(st.lists(TOKENS.filter(lambda token: ":" not in token), min_size=1, max_size=4))
def test_the_topic_of_a_room_has_its_parts_as_tokens(parts: list[str]) -> None:
    assume(not {"*", ">"}.intersection(parts))

    topic = room_topic("acme", ":".join(parts))

    assert topic.tokens == tuple(parts)
    assert topic.is_exact
    assert read_topic("acme", topic.name) == topic


@pytest.mark.parametrize("room", ["", "user:", "user:*", ">", "a:b:c:d:e:f:g:h:i"])
def test_a_room_that_is_none_has_no_topic(room: str) -> None:
    with pytest.raises(Invalid, match="room"):
        room_topic("acme", room)


@pytest.mark.parametrize(
    ("pattern", "topic", "expected"),
    [
        ("user.1", "user.1", True),
        ("user.1", "user.2", False),
        ("user.1", "user.1.x", False),
        ("user.1.x", "user.1", False),
        ("user.*", "user.1", True),
        ("user.*", "user", False),
        ("user.*", "user.1.x", False),
        ("user.>", "user.1.x", True),
        ("user.>", "user", False),
        ("user.*.>", "user.1", False),
        ("user.*.x", "user.1.x", True),
        (">", "user", True),
    ],
)
def test_a_wildcard_matches_as_on_nats(pattern: str, topic: str, expected: bool) -> None:
    assert matches(read_pattern("acme", pattern), read_topic("acme", topic)) is expected


@given(PATTERNS, PATTERNS, TOPICS)
def test_what_a_pattern_covers_it_matches(wide: Topic, narrow: Topic, topic: Topic) -> None:
    if covers(wide, narrow) and matches(narrow, topic):
        assert matches(wide, topic)


@given(PATTERNS, PATTERNS)
def test_what_a_pattern_does_not_cover_has_a_topic_that_it_misses(wide: Topic, narrow: Topic) -> None:
    if not covers(wide, narrow):
        plain = ["z" if token == "*" else token for token in narrow.tokens if token != ">"]
        ends = [[]] if narrow.tokens[-1] != ">" else [["z"], ["z", "z", "z", "z", "z"]]
        witnesses = [Topic("acme", tuple(plain + end)) for end in ends]

        assert all(matches(narrow, witness) for witness in witnesses)
        assert not all(matches(wide, witness) for witness in witnesses)


@given(PATTERNS)
def test_a_pattern_covers_itself_and_the_widest_covers_it(pattern: Topic) -> None:
    assert covers(pattern, pattern)
    assert covers(Topic("acme", (">",)), pattern)


@given(NAMES, NAMES)
def test_topics_of_two_tenants_never_meet(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    ours, theirs = Topic("acme", one), Topic("acme-b", other)

    assert ours.subject != theirs.subject
    assert not matches(Topic("acme", (">",)), theirs)
    assert not covers(ours, theirs)
    assert ours.subject.split(".")[2] == "acme"
    assert theirs.subject.split(".")[2] == "acme-b"
