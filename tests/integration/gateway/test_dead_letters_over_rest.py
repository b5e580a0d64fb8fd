"""Administrators see what was given up in their tenant, have it tried again, or discard it."""

from base64 import urlsafe_b64encode
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.gateway.conftest import Act, Query
from tests.support.rest import PATH, Answer, Rest
from tests.support.waiting import eventually

LETTERS = "/api/admin/dead-letters"
UNKNOWN = "9241d147-8228-49a9-99d3-9e8076d01d6e"


@pytest.fixture
def tenant() -> str:
    return f"tenant-{uuid4()}"


@pytest.fixture
def admin(act: Act, tenant: str) -> Rest:
    return act("root", tenant=tenant, roles=["admin"], scope="")


async def bury(act: Act, query: Query, tenant: str, user: str, channel: str = "websocket") -> str:
    """Send something, and when it is settled write down that it was given up on a channel."""
    producer = act("producer", tenant=tenant)
    (placed,) = await producer.notify(user)

    async def settled() -> list[Any]:
        found: list[Any] = (await producer.request("GET", f"{PATH}/{placed['id']}/deliveries")).body["deliveries"]
        return found

    await eventually(settled, what="an outcome")
    query(f"""
        INSERT INTO dead_letters (notification_id, channel, tenant, recipient, queue, created_at, reason, died_at,
            attempts, failures)
        SELECT id, '{channel}', tenant, recipient_id, 'normal', created_at, 'given up', now(), 2,
            '[{{"at": "2026-03-01T12:00:00.123456+00:00", "reason": "first"}}]'
        FROM notifications WHERE id = '{placed["id"]}'
    """)
    id: str = placed["id"]
    return id


async def listed(admin: Rest, **query: object) -> Any:
    answer = await admin.request("GET", LETTERS, params={name: str(value) for name, value in query.items()})
    assert answer.status == 200, answer
    return answer.body


async def retry(admin: Rest, *letters: tuple[str, str]) -> Answer:
    body = {"deadLetters": [{"id": id, "channel": channel} for id, channel in letters]}
    return await admin.request("POST", f"{LETTERS}/retry", json=body)


async def test_a_letter_tells_what_was_given_up_and_why(
    act: Act, query: Query, admin: Rest, tenant: str, alice: str
) -> None:
    id = await bury(act, query, tenant, alice)

    page = await listed(admin)

    (letter,) = page["deadLetters"]
    assert letter.pop("diedAt")
    assert letter == {
        "id": id,
        "channel": "websocket",
        "recipientId": alice,
        "type": "message",
        "reason": "given up",
        "attempts": 2,
        "history": [{"at": "2026-03-01T12:00:00.123Z", "reason": "first"}],
    }
    assert not page["hasMore"]


async def test_letters_are_listed_page_by_page_the_last_that_died_first(
    act: Act, query: Query, admin: Rest, tenant: str, alice: str
) -> None:
    ids = [await bury(act, query, tenant, alice, channel) for channel in ("email", "webhook", "email")]

    first = await listed(admin, limit=2)
    second = await listed(admin, limit=2, after=first["cursor"])
    third = await listed(admin, limit=2, after=second["cursor"])

    pages = [[letter["id"] for letter in page["deadLetters"]] for page in (first, second, third)]
    assert pages == [ids[:0:-1], ids[:1], []]
    assert [page["hasMore"] for page in (first, second, third)] == [True, False, False]
    mails = await listed(admin, channel="email")
    assert [letter["id"] for letter in mails["deadLetters"]] == [ids[2], ids[0]]


async def test_what_is_retried_is_done_again_by_a_worker(
    act: Act, query: Query, admin: Rest, tenant: str, alice: str
) -> None:
    id = await bury(act, query, tenant, alice)
    query(f"UPDATE deliveries SET state = 'dead' WHERE notification_id = '{id}'")

    answer = await retry(admin, (id, "websocket"), (id, "email"), (UNKNOWN, "push"))

    assert answer.status == 200
    assert [each["result"] for each in answer.body["results"]] == ["retried", "unknown", "unknown"]
    assert (await listed(admin))["deadLetters"] == []

    async def again() -> bool:
        found = await act("producer", tenant=tenant).request("GET", f"{PATH}/{id}/deliveries")
        return [delivery["state"] for delivery in found.body["deliveries"]] == ["offline"]

    await eventually(again, what="another outcome")


async def test_what_was_cancelled_is_not_retried_and_can_be_discarded(
    act: Act, query: Query, admin: Rest, tenant: str, alice: str
) -> None:
    id = await bury(act, query, tenant, alice)
    query(f"UPDATE notifications SET cancelled_at = now() WHERE id = '{id}'")

    answer = await retry(admin, (id, "websocket"))

    assert answer.body == {"results": [{"id": id, "channel": "websocket", "result": "cancelled"}]}
    assert len((await listed(admin))["deadLetters"]) == 1
    assert (await admin.request("DELETE", f"{LETTERS}/{id}/websocket")).body == {"ok": True}
    assert (await listed(admin))["deadLetters"] == []


async def test_an_administrator_of_another_tenant_sees_and_changes_nothing(
    act: Act, query: Query, admin: Rest, tenant: str, alice: str
) -> None:
    id = await bury(act, query, tenant, alice)
    stranger = act("root", tenant="other", roles=["admin"])

    assert id not in [letter["id"] for letter in (await listed(stranger))["deadLetters"]]
    assert (await retry(stranger, (id, "websocket"))).body["results"][0]["result"] == "unknown"
    assert (await stranger.request("DELETE", f"{LETTERS}/{id}/websocket")).status == 404
    assert len((await listed(admin))["deadLetters"]) == 1


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/retry"), ("DELETE", f"/{UNKNOWN}/email")])
async def test_dead_letters_are_for_administrators(act: Act, alice: str, method: str, path: str) -> None:
    answer = await act(alice).request(method, LETTERS + path, json={})

    assert (answer.status, answer.body["code"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize("path", [f"{UNKNOWN}/email", f"{UNKNOWN}/pigeon", "nonsense/email"])
async def test_what_is_no_dead_letter_is_not_found(admin: Rest, path: str) -> None:
    answer = await admin.request("DELETE", f"{LETTERS}/{path}")

    assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND")


def cursor(text: str) -> str:
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("channel", "pigeon"),
        ("channel", ""),
        ("limit", "0"),
        ("limit", "101"),
        ("after", ""),
        ("after", "ünï"),
        ("after", "A"),
        ("after", cursor("2026-03-01T12:00:00+00:00")),
        ("after", cursor(f"2026-03-01T12:00:00 {UNKNOWN} email")),
        ("after", cursor(f"0001-01-01T00:00:00+23:00 {UNKNOWN} email")),
        ("after", cursor(f"2026-03-01T12:00:00+00:00 {UNKNOWN} pigeon")),
    ],
)
async def test_a_wrong_query_is_refused_by_its_field(admin: Rest, name: str, value: str) -> None:
    answer = await admin.request("GET", LETTERS, params={name: value})

    assert (answer.status, answer.body["code"]) == (400, "INVALID")
    assert name in answer.body["detail"]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_a_cursor_of_any_time_is_understood(admin: Rest, day: str) -> None:
    page = await listed(admin, after=cursor(f"{day}T00:00:00+00:00 {UNKNOWN} email"))

    assert page == {"deadLetters": [], "hasMore": False, "cursor": None}


@pytest.mark.parametrize(
    "letters", [[], [{"id": "nonsense", "channel": "email"}], [{"id": UNKNOWN}], [{"id": UNKNOWN, "channel": "pigeon"}]]
)
async def test_a_wrong_wish_is_refused(admin: Rest, letters: list[object]) -> None:
    answer = await admin.request("POST", f"{LETTERS}/retry", json={"deadLetters": letters})

    assert (answer.status, answer.body["code"]) == (400, "INVALID")
