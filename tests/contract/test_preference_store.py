"""What PreferenceStore promises, and what the acceptance of a notification makes of it."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest

from notifications.domain.jobs import Channel
from notifications.domain.notification import Message, Priority
from notifications.domain.preferences import EVERY_TYPE, Entry, Frequency, Preference, QuietHours
from notifications.domain.submission import Accepted, Placed, State, jobs_of
from tests.contract.stores import HELLO, TENANT, Logged, Producer, Stores, accepted, owner
from tests.contract.workers import Worker

VIENNA = ZoneInfo("Europe/Vienna")
ALICE = owner("alice")
OFF = Preference(enabled=False)
FULL = Preference(True, Frequency.WEEKLY, QuietHours(time(22), time(6, 30), VIENNA), VIENNA)


def entry(preference: Preference, type_: str = HELLO.type, channel: Channel = Channel.WEBSOCKET) -> Entry:
    return Entry(type_, channel, preference)


async def send(stores: Stores, producer: Producer, user: str = "alice", message: Message = HELLO) -> Placed:
    (answer,) = accepted(await stores.submissions.accept([producer.write(user, message=message)]))
    return answer.placed[0]


async def test_entries_come_back_as_they_were_set_sorted(stores: Stores) -> None:
    entries = [entry(FULL, "like"), entry(OFF, "like", Channel.EMAIL), entry(OFF, EVERY_TYPE, Channel.PUSH)]
    await stores.preferences.prefer(ALICE, entries)
    await stores.preferences.set_defaults(TENANT, entries)

    wanted = (entries[2], entries[1], entries[0])
    assert await stores.preferences.preferences(ALICE) == wanted
    assert await stores.preferences.defaults(TENANT) == wanted


async def test_an_entry_is_replaced_whole_and_others_stay(stores: Stores) -> None:
    await stores.preferences.prefer(ALICE, [entry(FULL, "like"), entry(OFF, "follow")])
    await stores.preferences.prefer(ALICE, [entry(Preference(), "like")])

    assert await stores.preferences.preferences(ALICE) == (entry(OFF, "follow"), entry(Preference(), "like"))


async def test_the_last_of_two_entries_for_one_thing_counts(stores: Stores) -> None:
    await stores.preferences.prefer(ALICE, [entry(OFF), entry(FULL)])

    assert await stores.preferences.preferences(ALICE) == (entry(FULL),)


async def test_nobody_sees_what_others_wish_for(stores: Stores) -> None:
    await stores.preferences.prefer(ALICE, [entry(OFF)])
    await stores.preferences.set_defaults(TENANT, [entry(OFF)])

    assert await stores.preferences.preferences(owner("bob")) == ()
    assert await stores.preferences.preferences(owner("alice", "other")) == ()
    assert await stores.preferences.defaults("other") == ()


async def test_setting_nothing_changes_nothing(stores: Stores) -> None:
    await stores.preferences.prefer(ALICE, [])

    assert await stores.preferences.preferences(ALICE) == ()


async def test_what_is_disabled_takes_no_number_and_says_why(
    stores: Stores, producer: Producer, worker: Worker
) -> None:
    await stores.preferences.prefer(ALICE, [entry(OFF)])
    submission = producer.write("alice", "bob")

    (answer,) = accepted(await stores.submissions.accept([submission]))

    assert [(copy.seq, copy.state) for copy in answer.placed] == [(None, State.SKIPPED), (1, State.QUEUED)]
    assert (await stores.inbox.listing(ALICE, offset=0, limit=10, unread_only=False)).notifications == ()
    job, other = jobs_of(submission)
    assert await stores.logged(job) == Logged("skipped", "disabled by the user")
    await stores.later(2)
    assert await worker.sweep() == {other}


@pytest.mark.parametrize("way", ["user", "user, every type", "tenant", "tenant, every type"])
async def test_who_wished_and_for_what_is_found(stores: Stores, producer: Producer, way: str) -> None:
    who, _, every = way.partition(", ")
    wish = entry(OFF, EVERY_TYPE if every else HELLO.type)
    if who == "user":
        await stores.preferences.prefer(ALICE, [wish])
    else:
        await stores.preferences.set_defaults(TENANT, [wish])

    assert (await send(stores, producer)).state == State.SKIPPED


async def test_the_type_goes_before_every_type_and_the_user_before_the_tenant(
    stores: Stores, producer: Producer
) -> None:
    await stores.preferences.set_defaults(TENANT, [entry(OFF)])
    await stores.preferences.prefer(ALICE, [entry(OFF, EVERY_TYPE), entry(Preference())])

    assert (await send(stores, producer)).state == State.QUEUED
    assert (await send(stores, producer, "bob")).state == State.SKIPPED


async def test_wishes_for_other_channels_and_types_do_not_matter(stores: Stores, producer: Producer) -> None:
    await stores.preferences.prefer(ALICE, [entry(OFF, "like"), entry(OFF, HELLO.type, Channel.EMAIL)])

    assert (await send(stores, producer)).state == State.QUEUED


async def test_a_critical_notification_is_shown_whatever_was_wished_for(stores: Stores, producer: Producer) -> None:
    await stores.preferences.prefer(ALICE, [entry(OFF)])

    message = Message("greeting", "Fire", Priority.CRITICAL)
    assert (await send(stores, producer, message=message)).state == State.QUEUED


async def test_a_repeat_gets_the_answer_that_the_first_one_got(stores: Stores, producer: Producer) -> None:
    hour = stores.now().time().replace(second=0, microsecond=0)
    later = (stores.now() + timedelta(hours=2)).time().replace(second=0, microsecond=0)
    quiet = Preference(quiet_hours=QuietHours(hour, later, ZoneInfo("UTC")))
    await stores.preferences.prefer(ALICE, [entry(quiet)])
    await stores.preferences.prefer(owner("bob"), [entry(OFF)])
    first = producer.write("alice", "bob", "cleo", key="k")
    (answer,) = accepted(await stores.submissions.accept([first]))
    assert [copy.state for copy in answer.placed] == [State.HELD, State.SKIPPED, State.QUEUED]

    await stores.preferences.prefer(ALICE, [entry(Preference())])
    await stores.later(3 * 3600)
    assert len(await stores.held.release(10)) == 1

    twin = producer.write("alice", "bob", "cleo", key="k")
    assert await stores.submissions.accept([twin]) == [Accepted(first.id, answer.placed, replayed=True)]
