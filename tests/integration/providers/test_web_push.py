"""A browser decrypts what its push service took, and answers of the service are told apart."""

import asyncio
import hashlib
import re
from base64 import urlsafe_b64encode
from dataclasses import replace
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from notifications.adapters.outgoing.http import HttpClient
from notifications.adapters.push.webpush import WebPushProvider, WebPushSettings
from notifications.domain.errors import DeadToken, Rejected, TemporaryFailure
from notifications.domain.push import Device, DeviceKind, Push, Subscription
from tests.integration.providers.conftest import BOB, PUSH, Line
from tests.integration.providers.push_service import CONTACT, PushService
from tests.integration.providers.service import Reply


async def send(line: Line[PushService], outgoing: HttpClient, push: Push, subscription: Subscription) -> str:
    provider = WebPushProvider(WebPushSettings(CONTACT), lambda: line.far.server_key, outgoing, line.clock)
    return await provider.send(push, Device(UUID(int=1), BOB, DeviceKind.WEBPUSH, subscription))


async def test_the_browser_reads_the_message(webpush: Line[PushService]) -> None:
    await webpush.send()
    assert webpush.far.shown == [{"id": str(PUSH.id), "title": "Grüße", "body": "a body", "data": {"order": "1"}}]
    [seen] = webpush.service.seen
    assert seen.headers["ttl"] == "600"
    assert seen.headers["urgency"] == "high"
    assert b"a body" not in seen.body


async def test_a_collapse_key_becomes_a_topic_as_services_take_it(webpush: Line[PushService]) -> None:
    await webpush.send()
    topic = webpush.service.seen[0].headers["topic"]
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", topic)
    assert topic == urlsafe_b64encode(hashlib.sha256(b"orders-of-the-day/bob").digest())[:32].decode()


async def test_no_two_messages_are_encrypted_alike(webpush: Line[PushService]) -> None:
    await asyncio.gather(*(webpush.send() for _ in range(5)))
    assert len({seen.body[:16] for seen in webpush.service.seen}) == 5
    assert len({seen.body[21:86] for seen in webpush.service.seen}) == 5


async def test_the_longest_message_arrives_and_a_longer_one_is_rejected_here(
    webpush: Line[PushService], outgoing: HttpClient
) -> None:
    frame = len(f'{{"id":"{PUSH.id}","title":"","body":"","data":{{}}}}')
    longest = Push(PUSH.id, "", "x" * (3993 - frame))
    await send(webpush, outgoing, longest, webpush.far.subscribe(webpush.service.url))
    assert len(webpush.service.seen[0].body) == 4096
    longer = replace(longest, body=longest.body + "x")
    with pytest.raises(Rejected, match="larger than the 3993 bytes"):
        await send(webpush, outgoing, longer, webpush.far.subscribe(webpush.service.url))
    assert len(webpush.far.shown) == 1


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_is_gone_is_told(webpush: Line[PushService], status: int) -> None:
    webpush.service.planned.append(Reply(status))
    with pytest.raises(DeadToken, match=str(status)):
        await webpush.send()


async def test_a_browser_for_which_nothing_can_be_encrypted_is_gone(
    webpush: Line[PushService], outgoing: HttpClient
) -> None:
    off_the_curve = Subscription(webpush.service.url, b"\x04" + bytes(63) + b"\x01", bytes(16))
    with pytest.raises(DeadToken, match="no point of P-256"):
        await send(webpush, outgoing, PUSH, off_the_curve)
    assert webpush.service.seen == []


@pytest.mark.parametrize("status", [400, 401, 403, 413, 302])
async def test_a_message_that_the_service_will_never_take_is_rejected(webpush: Line[PushService], status: int) -> None:
    webpush.service.planned.append(Reply(status, b"", {"location": f"{webpush.service.url}/elsewhere"}))
    with pytest.raises(Rejected, match=f"refused the message: {status}$") as refusal:
        await webpush.send()
    assert not isinstance(refusal.value, DeadToken)
    assert len(webpush.service.seen) == 1


async def test_another_server_than_the_one_that_the_browser_chose_is_refused(webpush: Line[PushService]) -> None:
    webpush.far.server_key = generate_private_key(SECP256R1())
    with pytest.raises(Rejected, match="403"):
        await webpush.send()


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_an_overloaded_service_is_temporary(webpush: Line[PushService], status: int) -> None:
    webpush.service.planned.append(Reply(status, b"", {"retry-after": "30"}))
    with pytest.raises(TemporaryFailure, match=f"the push service answered {status}") as failure:
        await webpush.send()
    assert failure.value.retry_after == 30.0
