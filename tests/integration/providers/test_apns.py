"""APNs takes what comes over HTTP/2 with a provider token, and its answers are told apart."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from notifications.adapters.outgoing.http2 import Http2Client
from notifications.adapters.outgoing.tls import verify
from notifications.adapters.push.apns import ApnsProvider, ApnsSettings
from notifications.domain.errors import DeadToken, Rejected, TemporaryFailure
from notifications.domain.push import Device, DeviceKind
from tests.integration.providers.apns import KEY_ID, TEAM, TOPIC, Apns, refuse
from tests.integration.providers.authority import Authority
from tests.integration.providers.conftest import APNS_TOKEN, BOB, PUSH, Line
from tests.integration.providers.service import Mischief, Reply


async def test_a_message_arrives(apns: Line[Apns]) -> None:
    assert await apns.send() == str(PUSH.id)
    assert apns.far.payloads == [
        {"aps": {"alert": {"title": "Grüße", "body": "a body"}, "sound": "default"}, "order": "1"}
    ]
    [seen] = apns.service.seen
    assert seen.path == f"/3/device/{APNS_TOKEN}"
    assert UUID(seen.headers["apns-id"]) == PUSH.id
    assert seen.headers["apns-priority"] == "10"
    assert seen.headers["apns-collapse-id"] == "orders-of-the-day/bob"
    assert int(seen.headers["apns-expiration"]) - apns.clock().timestamp() == pytest.approx(600, abs=30)


async def test_many_messages_go_over_one_connection_with_one_provider_token(apns: Line[Apns]) -> None:
    await asyncio.gather(*(apns.send() for _ in range(50)))
    assert len(apns.far.payloads) == 50
    assert len(set(apns.far.tokens)) == 1


async def test_the_provider_token_is_renewed(apns: Line[Apns]) -> None:
    await apns.send()
    apns.clock.ahead = timedelta(minutes=41)
    await apns.send()
    assert len(set(apns.far.tokens)) == 2


async def test_an_expired_provider_token_is_replaced(apns: Line[Apns]) -> None:
    await apns.send()
    apns.clock.ahead = timedelta(minutes=25)
    apns.service.planned.append(refuse(403, "ExpiredProviderToken"))
    with pytest.raises(TemporaryFailure, match="APNs answered 403"):
        await apns.send()
    await apns.send()
    assert len(set(apns.far.tokens)) == 2


@pytest.mark.parametrize(("status", "reason"), [(410, "Unregistered"), (410, "ExpiredToken"), (400, "BadDeviceToken")])
async def test_a_device_that_is_gone_is_told(apns: Line[Apns], status: int, reason: str) -> None:
    apns.service.planned.append(refuse(status, reason))
    with pytest.raises(DeadToken, match=f"^APNs: {status} {reason}$"):
        await apns.send()


@pytest.mark.parametrize(
    ("status", "reason"), [(400, "BadCollapseId"), (400, "DeviceTokenNotForTopic"), (413, "PayloadTooLarge")]
)
async def test_a_message_that_apple_will_never_take_is_rejected_and_the_device_stays(
    apns: Line[Apns], status: int, reason: str
) -> None:
    apns.service.planned.append(refuse(status, reason))
    with pytest.raises(Rejected, match=f"APNs refused the message: {status} {reason}") as refusal:
        await apns.send()
    assert not isinstance(refusal.value, DeadToken)


@pytest.mark.parametrize(
    "reply",
    [
        refuse(400, "TopicDisallowed"),
        refuse(403, "InvalidProviderToken"),
        refuse(429, "TooManyRequests"),
        refuse(500, "InternalServerError"),
        refuse(503, "ServiceUnavailable"),
        refuse(400, "not a reason " * 100),
        Reply(410, b"<html>"),
        Reply(302),
    ],
)
async def test_what_says_nothing_of_message_or_device_is_temporary(apns: Line[Apns], reply: Reply) -> None:
    apns.service.planned.append(reply)
    with pytest.raises(TemporaryFailure, match=f"^APNs answered {reply.status}$"):
        await apns.send()


async def test_a_message_that_is_too_large_is_rejected_here(apns: Line[Apns], authority: Authority) -> None:
    async with Http2Client(verify(authority.certificate)) as client:
        settings = ApnsSettings(TEAM, KEY_ID, TOPIC, apns.service.url)
        provider = ApnsProvider(settings, lambda: apns.far.key, client, apns.clock)
        with pytest.raises(Rejected, match="larger than the 4096 bytes"):
            await provider.send(replace(PUSH, body="x" * 4096), Device(UUID(int=1), BOB, DeviceKind.APNS, APNS_TOKEN))
    assert apns.service.seen == []


@pytest.mark.parametrize("patience", [0.3])
async def test_one_message_that_hangs_does_not_hold_up_the_others(apns: Line[Apns], patience: float) -> None:
    await apns.send()
    apns.service.planned.append(Mischief.HANG)
    first, *others = await asyncio.gather(*(apns.send() for _ in range(10)), return_exceptions=True)
    outcomes = [first, *others]
    assert sum(isinstance(outcome, TemporaryFailure) for outcome in outcomes) == 1
    assert sum(outcome == str(PUSH.id) for outcome in outcomes) == 9
