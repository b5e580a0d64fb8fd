"""Rooms and topics over two gateways: who joined one hears what is said there, wherever it is said."""

from tests.integration.topics.conftest import Voice
from tests.support.device import Device, join
from tests.support.stack import Stack


async def said(device: Device, name: str = "topic:message") -> object:
    (message,) = await device.expect(name)
    return message["payload"]


async def test_a_message_to_a_room_reaches_its_members_at_both_gateways(stack: Stack, group: str) -> None:
    room = f"group:{group}"
    ann, ben = (stack.token(name, scope="", groups=[group]) for name in ("ann", "ben"))
    async with (
        join(stack.internal_url("gateway-0"), ann) as first,
        join(stack.internal_url("gateway-1"), ben) as second,
    ):
        for device in (first, second):
            answer = await device.call("room:join", room)
            assert (answer["ok"], answer["room"]) == (True, room)
            assert (await device.expect("room:joined"))[0] == room
        answer = await first.call("room:send", {"room": room, "payload": {"text": "hello ☃"}})
        for device in (first, second):
            (message,) = await device.expect("room:message")
            assert (message["id"], message["seq"]) == (answer["id"], answer["seq"])
            assert (message["room"], message["from"], message["payload"]) == (room, "ann", {"text": "hello ☃"})
            assert "replayed" not in message


async def test_a_message_is_followed_by_the_position_that_covers_it(stack: Stack, voice: Voice, orders: str) -> None:
    async with join(stack.url, stack.token("ann")) as device:
        await device.call("topic:subscribe", {"topic": orders})
        told = await voice.say(orders, 1)
        await said(device)
        await device.until(lambda: device.cursor is not None and device.events[-1][0] == "position", "the position")
        assert device.events[-1][1][-20:] == told.body["cursor"][-20:]


async def test_a_topic_published_over_rest_shows_what_was_said_of_it(stack: Stack, voice: Voice, orders: str) -> None:
    async with join(stack.url, stack.token("ann")) as device:
        answer = await device.call("topic:subscribe", {"topic": orders})
        assert (answer["subscriptionId"], answer["recovered"]) == (orders, False)
        told = await voice.say(orders, {"state": "open"}, priority="urgent", correlationId="c-1", source="shop")
        assert told.status == 201
        (message,) = await device.expect("topic:message")
    assert message["id"] == told.body["id"]
    assert (message["topic"], message["payload"]) == (orders, {"state": "open"})
    assert message["metadata"] == {"priority": "urgent", "correlationId": "c-1", "source": "shop"}


async def test_a_wildcard_hears_all_topics_below_it(stack: Stack, voice: Voice, orders: str) -> None:
    async with join(stack.url, stack.token("ann")) as device:
        await device.call("topic:subscribe", {"topic": f"{orders}.*"})
        for topic in (f"{orders}.a", f"{orders}.b", f"{orders}.b.deeper"):
            await voice.say(topic, topic)
        await voice.say(f"{orders}.c", "last")
        assert [await said(device) for _ in range(3)] == [f"{orders}.a", f"{orders}.b", "last"]


async def test_a_filter_leaves_out_what_it_does_not_pass(stack: Stack, voice: Voice, orders: str) -> None:
    async with join(stack.url, stack.token("ann")) as device:
        await device.call("topic:subscribe", {"topic": orders, "filter": {"order.state": ["open"]}})
        for state in ("closed", "open"):
            await voice.say(orders, {"order": {"state": state}})
        assert await said(device) == {"order": {"state": "open"}}


async def test_what_was_missed_is_replayed_at_another_gateway(stack: Stack, voice: Voice, orders: str) -> None:
    token = stack.token("ann")
    async with join(stack.internal_url("gateway-0"), token) as device:
        since = (await device.call("topic:subscribe", {"topic": orders}))["cursor"]
    for number in range(3):
        await voice.say(orders, number)
    async with join(stack.internal_url("gateway-1"), token) as device:
        assert (await device.call("topic:subscribe", {"topic": orders, "since": since}))["recovered"]
        messages = [(await device.expect("topic:message"))[0] for _ in range(3)]
        assert [(message["payload"], message["replayed"]) for message in messages] == [(n, True) for n in range(3)]
        await voice.say(orders, "live")
        assert await said(device) == "live"


async def test_who_left_a_room_hears_nothing_more(stack: Stack, group: str) -> None:
    room = f"group:{group}"
    async with (
        join(stack.url, stack.token("ann", groups=[group])) as leaver,
        join(stack.url, stack.token("ben", groups=[group])) as stayer,
    ):
        for device in (leaver, stayer):
            await device.call("room:join", {"room": room})
        assert (await leaver.call("room:leave", room))["ok"]
        assert (await leaver.expect("room:left"))[0] == room
        await stayer.call("room:send", {"room": room, "payload": 1})
        assert await said(stayer, "room:message") == 1
        await leaver.call("client:ping")
        assert [event for event in leaver.events if event[0] == "room:message"] == []


async def test_subscriptions_are_made_to_be_those_of_a_list(stack: Stack, voice: Voice, orders: str) -> None:
    async with join(stack.url, stack.token("ann", scope="")) as device:
        await device.call("topic:subscribe", f"{orders}.old")
        wanted = [f"{orders}.new", {"topic": f"{orders}.open", "filter": {"state": ["open"]}}, "admin.broadcast"]
        answer = await device.call("subscriptions:sync", {"subscriptions": wanted})
        assert sorted(answer["active"]) == [f"{orders}.new", f"{orders}.open"]
        assert answer["refused"] == [{"topic": "admin.broadcast", "code": "FORBIDDEN"}]
        for topic in ("old", "new"):
            await voice.say(f"{orders}.{topic}", topic)
        assert await said(device) == "new"


async def test_history_is_read_page_by_page(voice: Voice, orders: str) -> None:
    for number in range(5):
        await voice.say(orders, number)
    first = await voice.history(orders, limit=3)
    assert [message["payload"] for message in first.body["messages"]] == [0, 1, 2]
    assert first.body["hasMore"]
    rest = await voice.history(orders, after=first.body["cursor"])
    assert [message["payload"] for message in rest.body["messages"]] == [3, 4]
    assert not rest.body["hasMore"]


async def test_tenants_do_not_hear_each_other(stack: Stack, voice: Voice, orders: str) -> None:
    async with (
        join(stack.url, stack.token("ann", tenant="other")) as stranger,
        join(stack.url, stack.token("ann")) as device,
    ):
        for listener in (stranger, device):
            assert (await listener.call("topic:subscribe", orders))["ok"]
        await voice.say(orders, "secret")
        assert await said(device) == "secret"
        await stranger.call("client:ping")
        assert [event for event in stranger.events if event[0] == "topic:message"] == []
