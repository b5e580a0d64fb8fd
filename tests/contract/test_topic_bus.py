"""What ports/topics.py promises of what is told live, kept by NATS and by memory alike."""

from uuid import UUID

import pytest

from notifications.domain.topics import Entry
from notifications.ports.topics import TopicBus
from tests.contract.logs import Logs, Speaker, bodies, topic
from tests.support.waiting import eventually


@pytest.fixture
async def speaker(logs: Logs) -> Speaker:
    return Speaker((await logs.open())[0])


@pytest.fixture
async def bus(logs: Logs) -> TopicBus:
    return (await logs.open())[1]


async def test_what_is_appended_is_told_in_order_with_the_number_before_it(bus: TopicBus, speaker: Speaker) -> None:
    heard: list[Entry] = []
    await bus.subscribe(topic("room.1"), heard.append)
    await speaker.say("room.1", "room.2", "room.1", "room.2", "room.1")
    await eventually(lambda: len(heard) == 3)
    subject = topic("room.1").subject
    assert heard == [Entry(subject, 1, 0, b"1"), Entry(subject, 3, 1, b"3"), Entry(subject, 5, 3, b"5")]


async def test_who_comes_later_sees_by_the_number_before_what_was_missed(bus: TopicBus, speaker: Speaker) -> None:
    await speaker.say("room.1", "room.1", "room.2")
    heard: list[Entry] = []
    await bus.subscribe(topic("room.1"), heard.append)
    await speaker.say("room.1")
    await eventually(lambda: heard)
    assert [(entry.seq, entry.prev) for entry in heard] == [(4, 2)]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("team.7.>", [2, 3]), ("team.*", [1, 4]), ("team.*.chat", [2, 5]), (">", [1, 2, 3, 4, 5, 6]), ("*.7", [1, 6])],
)
async def test_a_wildcard_hears_all_topics_that_it_matches_each_with_its_own_subject(
    bus: TopicBus, speaker: Speaker, pattern: str, expected: list[int]
) -> None:
    heard: list[Entry] = []
    end: list[Entry] = []
    await bus.subscribe(topic(pattern), heard.append)
    await bus.subscribe(topic("user.7"), end.append)
    names = ["team.7", "team.7.chat", "team.7.plan.b", "team.8", "team.8.chat", "user.7"]
    await speaker.say(*names)
    await eventually(lambda: end and len(heard) >= len(expected))
    assert bodies(heard) == expected
    assert [entry.subject for entry in heard] == [topic(names[number - 1]).subject for number in expected]


async def test_tenants_hear_nothing_of_each_other(logs: Logs) -> None:
    log, bus = await logs.open()
    tenants = ("acme", "acme-2", "acm", "ACME")
    heard: dict[str, list[Entry]] = {tenant: [] for tenant in tenants}
    for tenant in tenants:
        await bus.subscribe(topic(">", tenant), heard[tenant].append)
    for number, tenant in enumerate(tenants, 1):
        await log.append(topic("room.1", tenant), b"%d" % number, UUID(int=number))
    await eventually(lambda: all(heard.values()))
    assert {tenant: bodies(entries) for tenant, entries in heard.items()} == {
        tenant: [number] for number, tenant in enumerate(tenants, 1)
    }


async def test_what_is_stored_once_is_told_once(logs: Logs) -> None:
    log, bus = await logs.open()
    heard: list[Entry] = []
    await bus.subscribe(topic("room.1"), heard.append)
    for number in (1, 1, 2, 1, 2, 3):
        await log.append(topic("room.1"), b"%d" % number, UUID(int=number))
    await eventually(lambda: len(heard) >= 3)
    assert bodies(heard) == [1, 2, 3]


async def test_every_gateway_hears_what_any_says(logs: Logs) -> None:
    heard: list[list[Entry]] = []
    gateways = [await logs.open() for _ in range(3)]
    for _, bus in gateways:
        heard.append([])
        await bus.subscribe(topic("room.*"), heard[-1].append)
    for number, (log, _) in enumerate(gateways):
        await log.append(topic(f"room.{number}"), b"%d" % number, UUID(int=number))
    await eventually(lambda: all(len(entries) == 3 for entries in heard))
    assert [bodies(entries) for entries in heard] == [[0, 1, 2]] * 3


async def test_interest_holds_from_the_moment_that_subscribe_returns(bus: TopicBus, speaker: Speaker) -> None:
    heard: list[Entry] = []
    for number in range(200):
        await bus.subscribe(topic(f"room.{number}"), heard.append)
        await speaker.say(f"room.{number}")
    await eventually(lambda: len(heard) == 200)
    assert bodies(heard) == list(range(1, 201))


async def test_a_closed_subscription_hears_no_more_and_may_be_closed_again(bus: TopicBus, speaker: Speaker) -> None:
    kept: list[Entry] = []
    given_up: list[Entry] = []
    await bus.subscribe(topic("room.1"), kept.append)
    subscription = await bus.subscribe(topic("room.>"), given_up.append)
    await speaker.say("room.1")
    await eventually(lambda: kept and given_up)
    await subscription.close()
    await subscription.close()
    await bus.subscribe(topic("room.2"), print)  # by now the server knows of the end as well
    await speaker.say("room.1")
    await eventually(lambda: len(kept) == 2)
    assert bodies(given_up) == [1]


async def test_interest_outlives_the_loss_of_the_log(logs: Logs) -> None:
    log, bus = await logs.open()
    speaker = Speaker(log)
    heard: list[Entry] = []
    await bus.subscribe(topic("room.1"), heard.append)
    await speaker.say("room.1", "room.1")
    await eventually(lambda: len(heard) == 2)
    await logs.wipe()
    await speaker.say("room.1")
    await eventually(lambda: len(heard) == 3)
    assert [(entry.seq, entry.prev) for entry in heard] == [(1, 0), (2, 1), (1, 0)]


async def test_a_listener_that_fails_harms_nobody_else(
    bus: TopicBus, speaker: Speaker, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Entry] = []

    def fail(_: Entry) -> None:
        raise RuntimeError("broken on purpose")

    await bus.subscribe(topic("room.1"), fail)
    await bus.subscribe(topic("room.1"), heard.append)
    await speaker.say("room.1", "room.1")
    await eventually(lambda: len(heard) == 2)
    assert caplog.text.count("broken on purpose") >= 2
