"""Whatever happens between us and a provider over HTTP is a temporary failure, told soon and without any secret."""

import logging
import traceback
from typing import Any

import pytest

from notifications.domain.errors import TemporaryFailure
from notifications.domain.limits import MAX_ANSWER
from tests.integration.providers.conftest import APNS_TOKEN, FCM_TOKEN, Line
from tests.integration.providers.service import FLOOD_CHUNK, FLOOD_CHUNKS, Mischief, Reply

ALL = ["ses", "fcm", "apns", "webpush", "webhook"]
SECRETS = [APNS_TOKEN, FCM_TOKEN, "secret-path", "bob@example.com", "localhost", "127.0.0.1", "eyJ", "ya29"]
# What is on its way before anybody can stop it: sockets buffer, and an HTTP/2 window is 16 MiB wide
BUFFERED = 20 * 1024 * 1024


@pytest.fixture(params=ALL)
def line(request: pytest.FixtureRequest) -> Line[Any]:
    found: Line[Any] = request.getfixturevalue(request.param)
    return found


async def fail(line: Line[Any]) -> TemporaryFailure:
    with pytest.raises(TemporaryFailure) as failure:
        await line.send()
    told = "".join(traceback.format_exception(failure.value))
    assert not [secret for secret in SECRETS if secret in told]
    return failure.value


async def test_no_log_tells_where_a_message_went(line: Line[Any], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await line.send()
        line.service.planned.append(Reply(500))
        await fail(line)
    assert not [secret for secret in SECRETS if secret in caplog.text]


@pytest.mark.parametrize("mischief", [Mischief.DROP, Mischief.GARBAGE])
async def test_a_broken_connection_is_temporary_and_the_next_message_arrives(
    line: Line[Any], mischief: Mischief
) -> None:
    await line.send()
    line.service.planned.append(mischief)
    await fail(line)
    await line.send()


@pytest.mark.parametrize("patience", [0.3])
async def test_an_answer_that_does_not_come_is_not_waited_for(line: Line[Any], patience: float) -> None:
    line.service.planned.append(Mischief.HANG)
    assert str(await fail(line)) == f"no answer within {patience} s"


@pytest.mark.parametrize(("status", "headers", "wait"), [(503, {"retry-after": "120"}, 120.0), (429, {}, None)])
async def test_an_overloaded_provider_says_how_long_to_wait(
    line: Line[Any], status: int, headers: dict[str, str], wait: float | None
) -> None:
    line.service.planned.append(Reply(status, b"try again later", headers))
    failure = await fail(line)
    assert str(status) in str(failure)
    assert failure.retry_after == wait


@pytest.mark.parametrize(
    ("line", "is_taken"),
    [("ses", False), ("fcm", False), ("apns", True), ("webpush", True), ("webhook", True)],
    indirect=["line"],
)
async def test_an_endless_answer_is_cut_off_and_believed_only_if_its_status_says_all(
    line: Line[Any], is_taken: bool
) -> None:
    line.service.planned.append(Mischief.FLOOD)
    if is_taken:
        await line.send()
    else:
        await fail(line)
    assert line.service.flooded < MAX_ANSWER + BUFFERED < FLOOD_CHUNKS * len(FLOOD_CHUNK)
    await line.send()
