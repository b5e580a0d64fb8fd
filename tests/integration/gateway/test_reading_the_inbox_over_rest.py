"""An inbox is read page by page, or from a cursor on."""

import pytest

from tests.integration.gateway.conftest import Act
from tests.support.rest import PATH

ABSENT = "01890000-0000-7000-8000-000000000001"


async def fill(act: Act, user: str, count: int) -> list[str]:
    """Send `count` notifications, one after the other, and return their ids, newest first."""
    ids = [(await act("producer").notify(user, content=str(number)))[0]["id"] for number in range(count)]
    return ids[::-1]


async def test_an_inbox_that_nothing_ever_came_to_is_empty(act: Act, alice: str) -> None:
    listing = (await act(alice).list()).body
    assert listing["notifications"] == []
    assert listing["pagination"] == {"page": 1, "limit": 20, "total": 0, "hasMore": False}
    assert listing["unread"] == 0


async def test_pages_cover_the_inbox_newest_first(act: Act, alice: str) -> None:
    ids = await fill(act, alice, 5)
    pages = [(await act(alice).list(page=page, limit=2)).body for page in (1, 2, 3, 4)]
    assert [[shown["id"] for shown in page["notifications"]] for page in pages] == [ids[:2], ids[2:4], ids[4:], []]
    assert [page["pagination"]["hasMore"] for page in pages] == [True, True, False, False]
    assert {page["pagination"]["total"] for page in pages} == {5}
    assert {page["unread"] for page in pages} == {5}


async def test_only_the_unread_are_shown_on_demand(act: Act, alice: str) -> None:
    ids = await fill(act, alice, 3)
    await act(alice).read(ids[1])
    for flag in ("true", "1"):
        listing = (await act(alice).list(unreadOnly=flag)).body
        assert [shown["id"] for shown in listing["notifications"]] == [ids[0], ids[2]]
        assert (listing["pagination"]["total"], listing["unread"]) == (2, 2)
    assert (await act(alice).list(unreadOnly="false")).body["pagination"]["total"] == 3


async def test_a_cursor_leads_to_what_came_after_it(act: Act, alice: str) -> None:
    await fill(act, alice, 2)
    cursor = (await act(alice).list()).body["cursor"]
    assert (await act(alice).list(after=cursor)).body["notifications"] == []
    newer = await fill(act, alice, 3)
    missed = (await act(alice).list(after=cursor)).body
    assert [shown["id"] for shown in missed["notifications"]] == newer[::-1]
    assert missed["hasMore"] is False
    assert (await act(alice).list(after=missed["cursor"])).body["notifications"] == []


async def test_what_came_after_a_cursor_is_read_in_portions(act: Act, alice: str) -> None:
    cursor = (await act(alice).list()).body["cursor"]
    ids = await fill(act, alice, 5)
    found: list[str] = []
    more = True
    while more:
        missed = (await act(alice).list(after=cursor, limit=2)).body
        assert len(missed["notifications"]) <= 2
        found += [shown["id"] for shown in missed["notifications"]]
        cursor, more = missed["cursor"], missed["hasMore"]
    assert found == ids[::-1]


async def test_changes_of_read_state_come_after_a_cursor_too(act: Act, alice: str) -> None:
    ids = await fill(act, alice, 2)
    cursor = (await act(alice).list()).body["cursor"]
    await act(alice).read(ids[0])
    await act(alice).read_all()
    changes = (await act(alice).list(after=cursor)).body["changes"]
    assert [change["kind"] for change in changes] == ["read", "readAll"]
    assert changes[0]["ids"] == [ids[0]]
    assert changes[1]["upTo"] == changes[0]["seq"]


async def test_a_cursor_of_another_life_of_the_inbox_asks_for_a_resync(act: Act, alice: str) -> None:
    answer = await act(alice).list(after="AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
    assert (answer.status, answer.body["code"]) == (410, "RESYNC")


async def test_reading_one_is_shown_and_harmless_to_repeat(act: Act, alice: str) -> None:
    (id,) = await fill(act, alice, 1)
    assert [(await act(alice).read(id)).body for _ in range(2)] == [{"ok": True}] * 2
    listing = (await act(alice).list()).body
    assert listing["notifications"][0]["readAt"].endswith("Z")
    assert listing["unread"] == 0


async def test_reading_all_tells_up_to_where(act: Act, alice: str) -> None:
    await fill(act, alice, 3)
    assert (await act(alice).read_all()).body == {"ok": True, "upTo": 3}
    assert (await act(alice).read_all()).body == {"ok": True, "upTo": None}
    assert (await act(alice).list()).body["unread"] == 0


@pytest.mark.parametrize(
    "id",
    [ABSENT, "1", "x" * 200, "%00", "ffffffff-ffff-7fff-bfff-ffffffffffff", "00000000-0000-0000-0000-000000000000"],
)
async def test_what_is_not_there_cannot_be_read(act: Act, alice: str, id: str) -> None:
    answer = await act(alice).read(id)
    assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND")


async def test_what_belongs_to_somebody_else_is_not_there(act: Act, alice: str, bob: str) -> None:
    (id,) = await fill(act, alice, 1)
    for stranger in (act(bob), act(alice, tenant="other")):
        assert (await stranger.read(id)).status == 404
        assert (await stranger.read_all()).body == {"ok": True, "upTo": None}
        assert (await stranger.list()).body["pagination"]["total"] == 0
    assert (await act(alice).list()).body["unread"] == 1


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=101", "limit=-1", "limit=x", "limit=", "limit=1e1", "limit=%D9%A1", "limit=9999999999999999",
        "page=0", "page=-1", "page=1.5", "page=1000001", "unreadOnly=maybe", "unreadOnly=", "after=", "after=x",
        "after=%00", "after=" + "A" * 200,
    ],
)  # fmt: skip
async def test_a_query_that_makes_no_sense_is_invalid(act: Act, alice: str, query: str) -> None:
    answer = await act(alice).request("GET", f"{PATH}?{query}")
    assert (answer.status, answer.body["code"]) == (400, "INVALID")
    assert query.partition("=")[0] in answer.body["detail"] or "cursor" in answer.body["detail"]
