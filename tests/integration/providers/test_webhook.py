"""An endpoint can tell that a call is ours, and decides by its status whether there will be another."""

import base64
from pathlib import Path

import pytest

from notifications.domain.errors import Rejected, TemporaryFailure
from tests.integration.providers.conftest import Line
from tests.integration.providers.endpoint import Endpoint
from tests.integration.providers.service import Reply

OTHER = b"another thirty-two bytes to sign"


async def test_an_event_arrives_signed(webhook: Line[Endpoint]) -> None:
    assert await webhook.send() == 204
    assert webhook.far.events == [{"type": "like"}]
    [seen] = webhook.service.seen
    assert seen.path == "/hooks/secret-path?tenant=acme"
    assert seen.headers["webhook-id"] == "msg-1"


async def test_a_repeated_call_has_the_same_id_and_a_time_of_its_own(webhook: Line[Endpoint]) -> None:
    webhook.service.planned.append(Reply(500))
    with pytest.raises(TemporaryFailure):
        await webhook.send()
    await webhook.send()
    first, second = webhook.service.seen
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


async def test_a_call_that_is_not_ours_is_refused(webhook: Line[Endpoint]) -> None:
    webhook.far.secret = OTHER
    with pytest.raises(Rejected, match="the endpoint refused the call: 401"):
        await webhook.send()
    assert webhook.far.events == []


async def test_a_receiver_can_move_to_a_new_secret_while_both_are_in_force(
    webhook: Line[Endpoint], tmp_path: Path
) -> None:
    await webhook.send()
    fresh = tmp_path / "fresh"
    fresh.write_bytes(webhook.far.key_file() + b"whsec_" + base64.b64encode(OTHER))
    fresh.replace(tmp_path / "keys")
    await webhook.send()
    webhook.far.secret = OTHER
    await webhook.send()
    assert len(webhook.far.events) == 3


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_every_2xx_says_that_it_was_taken(webhook: Line[Endpoint], status: int) -> None:
    webhook.service.planned.append(Reply(status, b"whatever" if status != 204 else b""))
    assert await webhook.send() == status


@pytest.mark.parametrize("status", [300, 400, 401, 404, 410, 413])
async def test_a_refusal_is_final(webhook: Line[Endpoint], status: int) -> None:
    webhook.service.planned.append(Reply(status))
    with pytest.raises(Rejected, match=f"^the endpoint refused the call: {status}$"):
        await webhook.send()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_refusal_and_is_not_followed(webhook: Line[Endpoint], status: int) -> None:
    webhook.service.planned.append(Reply(status, b"", {"location": f"{webhook.service.url}/elsewhere"}))
    with pytest.raises(Rejected, match=str(status)):
        await webhook.send()
    assert len(webhook.service.seen) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_overload_and_failure_are_temporary(webhook: Line[Endpoint], status: int) -> None:
    webhook.service.planned.append(Reply(status, b"", {"retry-after": "30"}))
    with pytest.raises(TemporaryFailure, match=f"the endpoint answered {status}") as failure:
        await webhook.send()
    assert failure.value.retry_after == 30.0
