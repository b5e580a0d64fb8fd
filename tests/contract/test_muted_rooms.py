"""What becomes of requests to a room for those who have muted it."""

from dataclasses import replace

from notifications.domain.jobs import Channel
from notifications.domain.notification import Message, Priority
from notifications.domain.submission import State, jobs_of
from tests.contract.rooms import ROOM, expand_whole, fill, hand_in, shown
from tests.contract.stores import Logged, Producer, Stores, owner

ALICE = owner("alice")


async def test_who_has_muted_the_room_is_skipped_and_told_why(stores: Stores, producer: Producer) -> None:
    await fill(stores, "alice", "bob")
    await stores.rooms.mute(ALICE, ROOM)
    await stores.rooms.mute(owner("alice", "other"), ROOM)
    await stores.rooms.mute(owner("bob"), "group:8")
    await stores.rooms.mute(owner("bob", "other"), ROOM)
    submission = producer.write_to(ROOM)

    (chunk,) = await expand_whole(stores, producer, await hand_in(stores, submission))

    assert [(copy.user, copy.state) for copy in chunk.placed] == [("alice", State.SKIPPED), ("bob", State.QUEUED)]
    muted, _ = jobs_of(chunk.submission)
    assert await stores.logged(muted) == Logged("skipped", "room muted")


async def test_a_mute_keeps_nothing_else_away(stores: Stores, producer: Producer) -> None:
    await fill(stores, "alice")
    await fill(stores, "alice", room="group:8")
    await stores.rooms.mute(ALICE, ROOM)
    urgent = Message("greeting", "urgent", Priority.CRITICAL)

    await producer.send("alice", message=Message("greeting", "direct"))
    for request in (
        producer.write_to(ROOM),
        producer.write_to(ROOM, message=urgent),
        producer.write_to("group:8", message=Message("greeting", "elsewhere")),
    ):
        await expand_whole(stores, producer, await hand_in(stores, request))

    assert await shown(stores, "alice") == ["elsewhere", "urgent", "direct"]


async def test_what_is_unmuted_is_heard_again(stores: Stores, producer: Producer) -> None:
    await fill(stores, "alice")
    await stores.rooms.mute(ALICE, ROOM)
    await stores.rooms.unmute(ALICE, ROOM)
    await expand_whole(stores, producer, await hand_in(stores, producer.write_to(ROOM)))

    assert await shown(stores, "alice") == ["Hello"]


async def test_a_mute_holds_on_every_channel_that_the_producer_named(stores: Stores, producer: Producer) -> None:
    await fill(stores, "alice", "bob")
    await stores.rooms.mute(ALICE, ROOM)
    named = frozenset({Channel.WEBSOCKET, Channel.EMAIL, Channel.PUSH})
    submission = replace(producer.write_to(ROOM), channels=named)

    (chunk,) = await expand_whole(stores, producer, await hand_in(stores, submission))

    assert [(copy.user, copy.channels) for copy in chunk.placed] == [("alice", ()), ("bob", (Channel.EMAIL,))]


async def test_muting_and_unmuting_may_be_repeated(stores: Stores, producer: Producer) -> None:
    await fill(stores, "alice")
    for change, heard in ((stores.rooms.mute, 0), (stores.rooms.unmute, 1)):
        for _ in range(2):
            await change(ALICE, ROOM)
        await expand_whole(stores, producer, await hand_in(stores, producer.write_to(ROOM)))
        assert len(await shown(stores, "alice")) == heard
