"""`notification:send`: over a socket what POST does over REST, for the same producers."""

import pytest

from tests.integration.emits.conftest import NOBODY
from tests.support.device import join
from tests.support.rest import Rest
from tests.support.stack import Stack

HELLO = {"recipients": ["ann"], "type": "message", "content": "Hello"}


async def test_what_is_sent_over_a_socket_is_shown_at_the_other_gateway(stack: Stack, tenant: str) -> None:
    async with (
        join(stack.internal_url("gateway-0"), stack.token("producer", tenant)) as sender,
        join(stack.internal_url("gateway-1"), stack.token("ann", tenant, scope="")) as device,
    ):
        body = {**HELLO, "priority": "high", "actor": {"id": "ben", "name": "Ben"}, "metadata": {"a": [1]}}
        answer = await sender.call("notification:send", body)
        ((shown, _),) = [await device.expect("notification")]
    (placed,) = answer["notifications"]
    assert (answer["ok"], placed["recipientId"], placed["state"]) == (True, "ann", "queued")
    assert (shown["id"], shown["content"], shown["priority"]) == (placed["id"], "Hello", "high")
    assert (shown["actor"]["name"], shown["metadata"]) == ("Ben", {"a": [1]})
    taken_back = await Rest(stack.url, stack.token("producer", tenant)).request(
        "DELETE", f"/api/notifications/requests/{answer['id']}"
    )
    assert taken_back.body["inboxes"] == 1


async def test_a_room_can_be_sent_to(stack: Stack, tenant: str) -> None:
    producer = Rest(stack.url, stack.token("producer", tenant))
    assert (await producer.request("PUT", "/api/rooms/group:7/members/ann")).status == 200
    async with (
        join(stack.url, producer.token) as sender,
        join(stack.url, stack.token("ann", tenant, scope="")) as device,
    ):
        answer = await sender.call("notification:send", {"room": "group:7", "type": "message", "content": "To all"})
        assert (answer["ok"], answer["room"], answer["state"]) == (True, "group:7", "accepted")
        assert (await device.expect("notification"))[0]["content"] == "To all"


async def test_who_may_not_over_rest_may_not_over_a_socket(stack: Stack, tenant: str) -> None:
    async with join(stack.url, stack.token("ann", tenant, **NOBODY)) as device:  # type: ignore[arg-type]
        answer = await device.call("notification:send", HELLO)
        assert (answer["ok"], answer["error"]["code"]) == (False, "FORBIDDEN")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, "INVALID"), ([], "INVALID"), ("hello", "INVALID"), ({}, "INVALID"),
        ({**HELLO, "room": "group:7"}, "INVALID"), ({**HELLO, "recipients": []}, "INVALID"),
        ({**HELLO, "tenant": "other"}, "INVALID"),
        ({**HELLO, "type": "*"}, "INVALID"), ({**HELLO, "recipients": ["a" * 129]}, "TOO_LARGE"),
        ({**HELLO, "sendAt": "yesterday"}, "INVALID"), ({**HELLO, "metadata": "a"}, "INVALID"),
    ],
)  # fmt: skip
async def test_what_cannot_be_understood_is_refused(stack: Stack, tenant: str, body: object, code: str) -> None:
    async with join(stack.url, stack.token("producer", tenant)) as sender:
        answer = await sender.call("notification:send", body)
        assert (answer["ok"], answer["error"]["code"]) == (False, code)
        assert (await sender.call("notification:send", HELLO))["ok"]


async def test_it_takes_one_argument(stack: Stack, tenant: str) -> None:
    async with join(stack.url, stack.token("producer", tenant)) as sender:
        for arguments in ((), (HELLO, HELLO)):
            assert (await sender.call("notification:send", *arguments))["error"]["code"] == "INVALID"
