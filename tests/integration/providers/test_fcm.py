"""FCM takes what comes with a token of the service account, and its answers are told apart."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from notifications.domain.errors import DeadToken, Rejected, TemporaryFailure
from tests.integration.providers.conftest import FCM_TOKEN, Line
from tests.integration.providers.fcm import Fcm, refuse
from tests.integration.providers.service import Reply, json_reply


async def test_a_message_arrives(fcm: Line[Fcm]) -> None:
    assert await fcm.send() == "projects/a-project/messages/1"
    assert fcm.far.messages == [
        {
            "token": FCM_TOKEN,
            "notification": {"title": "Grüße", "body": "a body"},
            "data": {"order": "1"},
            "android": {"priority": "HIGH", "ttl": "600s", "collapse_key": "orders-of-the-day/bob"},
        }
    ]


async def test_one_access_token_serves_many_messages_until_shortly_before_it_expires(fcm: Line[Fcm]) -> None:
    await asyncio.gather(*(fcm.send() for _ in range(10)))
    assert len(fcm.far.issued) == 1
    fcm.clock.ahead = timedelta(minutes=54)
    await fcm.send()
    assert len(fcm.far.issued) == 1
    fcm.clock.ahead = timedelta(minutes=56)
    await fcm.send()
    assert len(fcm.far.issued) == 2


async def test_a_refused_access_token_is_replaced(fcm: Line[Fcm]) -> None:
    await fcm.send()
    fcm.far.revoked.update(fcm.far.issued)
    with pytest.raises(TemporaryFailure, match="FCM answered 401"):
        await fcm.send()
    await fcm.send()
    assert len(fcm.far.issued) == 2


async def test_a_replaced_key_file_is_used_at_once(fcm: Line[Fcm], tmp_path: Path) -> None:
    await fcm.send()
    other = Fcm()
    fresh = tmp_path / "fresh"
    fresh.write_bytes(other.key_file(fcm.service.url))
    fresh.replace(tmp_path / "account.json")
    with pytest.raises(TemporaryFailure, match="Google's token service answered 400"):
        await fcm.send()
    fcm.far.key = other.key
    await fcm.send()


async def test_who_waits_for_the_same_access_token_shares_its_failure(fcm: Line[Fcm]) -> None:
    fcm.service.planned.append(Reply(503, b"", {"retry-after": "9"}))
    failures = await asyncio.gather(*(fcm.send() for _ in range(5)), return_exceptions=True)
    assert [getattr(failure, "retry_after", None) for failure in failures] == [9.0] * 5
    assert len(fcm.service.seen) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>"),
        json_reply(200, {"token": "x"}),
        json_reply(200, {"access_token": "x", "expires_in": "soon"}),
        Reply(302, b"", {"location": "https://evil.example/"}),
    ],
)
async def test_a_token_service_that_answers_nonsense_is_temporary(fcm: Line[Fcm], reply: Reply) -> None:
    fcm.service.planned.append(reply)
    with pytest.raises(TemporaryFailure, match="Google's token service"):
        await fcm.send()
    await fcm.send()


@pytest.mark.parametrize(
    "reply",
    [
        refuse(404, "NOT_FOUND", "UNREGISTERED"),
        refuse(404, "NOT_FOUND"),
        refuse(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.token"),
    ],
)
async def test_a_device_that_is_gone_is_told(fcm: Line[Fcm], reply: Reply) -> None:
    await fcm.send()
    fcm.service.planned.append(reply)
    with pytest.raises(DeadToken) as refusal:
        await fcm.send()
    assert "dGVzdA" not in str(refusal.value)


@pytest.mark.parametrize(
    "reply",
    [
        refuse(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.data"),
        refuse(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
    ],
)
async def test_a_message_that_fcm_will_never_take_is_rejected_and_the_device_stays(
    fcm: Line[Fcm], reply: Reply
) -> None:
    await fcm.send()
    fcm.service.planned.append(reply)
    with pytest.raises(Rejected, match="FCM refused the message") as refusal:
        await fcm.send()
    assert not isinstance(refusal.value, DeadToken)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404, b"<html>a proxy"),
        refuse(403, "PERMISSION_DENIED"),
        refuse(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"),
        refuse(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
        refuse(503, "UNAVAILABLE", "UNAVAILABLE"),
        refuse(500, "x" * 1000),
        Reply(200, b"<html>"),
    ],
)
async def test_what_says_nothing_of_message_or_device_is_temporary(fcm: Line[Fcm], reply: Reply) -> None:
    await fcm.send()
    fcm.service.planned.append(reply)
    with pytest.raises(TemporaryFailure) as failure:
        await fcm.send()
    assert len(str(failure.value)) < 100
