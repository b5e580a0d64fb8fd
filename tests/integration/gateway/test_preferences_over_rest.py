"""What a user sets over REST decides what the user is shown."""

from typing import Any

import pytest

from tests.integration.gateway.conftest import Act
from tests.support.rest import Answer

PREFERENCES = "/api/notifications/preferences"
DEFAULTS = "/api/admin/preferences"
ENTRY: dict[str, Any] = {
    "notificationType": "message",
    "channel": "websocket",
    "enabled": True,
    "frequency": "instant",
    "quietHours": {"start": "22:00", "end": "06:30"},
    "timeZone": "Europe/Vienna",
}
SHORT = {"notificationType": "*", "channel": "email"}
OFF = {**ENTRY, "enabled": False, "quietHours": None}


async def put(act: Act, user: str, *entries: object, path: str = PREFERENCES, **claims: object) -> Answer:
    return await act(user, **claims).request("PUT", path, json=entries)


async def state_of(act: Act, user: str, **claims: object) -> dict[str, Any]:
    (placed,) = await act("producer", **claims).notify(user)
    return {name: placed[name] for name in ("seq", "state")}


async def test_what_was_set_is_answered_and_read_again(act: Act, alice: str) -> None:
    full = {**SHORT, "enabled": True, "frequency": "instant", "quietHours": None, "timeZone": "UTC"}

    set_ = await put(act, alice, ENTRY, SHORT)
    got = await act(alice).request("GET", PREFERENCES)

    assert (set_.status, got.status) == (200, 200)
    assert set_.body == got.body == [full, ENTRY]


async def test_entries_that_are_not_named_stay(act: Act, alice: str) -> None:
    await put(act, alice, ENTRY)

    answer = await put(act, alice, SHORT)

    assert [entry["notificationType"] for entry in answer.body] == ["*", "message"]


async def test_nobody_has_set_anything_at_first(act: Act, alice: str) -> None:
    assert (await act(alice).request("GET", PREFERENCES)).body == []


async def test_what_is_switched_off_is_skipped_and_switched_on_is_shown_again(act: Act, alice: str) -> None:
    await put(act, alice, OFF)
    assert await state_of(act, alice) == {"seq": None, "state": "skipped"}

    await put(act, alice, {**OFF, "enabled": True})
    assert await state_of(act, alice) == {"seq": 1, "state": "queued"}


async def test_a_digest_holds_what_comes(act: Act, alice: str) -> None:
    await put(act, alice, {**OFF, "enabled": True, "frequency": "daily"})

    assert await state_of(act, alice) == {"seq": None, "state": "held"}
    assert (await act(alice).list()).body["notifications"] == []


async def test_an_administrator_sets_what_holds_for_a_tenant(act: Act, alice: str) -> None:
    tenant = {"tenant": "tenant-of-defaults"}
    answer = await put(act, "root", OFF, path=DEFAULTS, roles=["admin"], **tenant)
    assert (answer.status, len(answer.body)) == (200, 1)

    assert await state_of(act, alice, **tenant) == {"seq": None, "state": "skipped"}
    assert await state_of(act, alice) == {"seq": 1, "state": "queued"}
    assert (await act("root", roles=["admin"], **tenant).request("GET", DEFAULTS)).body == answer.body


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_what_holds_for_a_tenant_is_for_administrators(act: Act, alice: str, method: str) -> None:
    answer = await act(alice).request(method, DEFAULTS, json=[])

    assert (answer.status, answer.body["code"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"notificationType": "Like!"}, "notificationType"),
        ({"notificationType": ""}, "notificationType"),
        ({"channel": "pigeon"}, "channel"),
        ({"enabled": "yes"}, "enabled"),
        ({"frequency": "hourly"}, "frequency"),
        ({"quietHours": {"start": "22:00", "end": "24:00"}}, "quietHours.end"),
        ({"quietHours": {"start": "22:00"}}, "end"),
        ({"quietHours": {"start": "22:00", "end": "22:00"}}, "quietHours"),
        ({"timeZone": "Mars/Olympus"}, "timeZone"),
        ({"timeZone": "../../etc/passwd"}, "timeZone"),
        ({"timeZone": ""}, "timeZone"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_a_wrong_entry_is_refused_by_its_field(
    act: Act, alice: str, changes: dict[str, object], told: str
) -> None:
    answer = await put(act, alice, {**ENTRY, **changes})

    assert (answer.status, answer.body["code"]) == (400, "INVALID")
    assert told in answer.body["detail"].replace("`", "").replace("$[...].", "").replace("_", "")
    assert (await act(alice).request("GET", PREFERENCES)).body == []


async def test_too_many_entries_are_refused(act: Act, alice: str) -> None:
    answer = await put(act, alice, *({**SHORT, "notificationType": f"type-{number}"} for number in range(501)))

    assert (answer.status, answer.body["code"]) == (400, "INVALID")
