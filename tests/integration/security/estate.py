"""Somebody's belongings: one of everything that REST keeps, and how to look at all of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.integration.security.conftest import Act
from tests.support.rest import PATH, Rest
from tests.support.waiting import eventually

OWNER = "alice"
ROOM = "group:staff"
TOPIC = f"user.{OWNER}"


@dataclass(frozen=True, slots=True)
class Estate:
    """What alice and the administrators of her tenant have. `mark` stands in all that others may not read."""

    tenant: str
    mark: str
    alice: Rest
    producer: Rest
    root: Rest
    ids: tuple[UUID, ...]

    async def look(self) -> list[Any]:
        """Return all of it, as those see it to whom it belongs."""
        seen = [await self.alice.request("GET", path) for path in _OF_ALICE]
        seen += [await self.producer.request("GET", path) for path in _OF_PRODUCERS]
        seen += [await self.root.request("GET", path) for path in _OF_ADMINISTRATORS]
        seen += [await self.alice.request("GET", f"{PATH}/{self.ids[0]}/deliveries")]
        assert {answer.status for answer in seen} == {200}, seen
        bodies = [answer.body for answer in seen]
        del bodies[_OF_ALICE.index(_SAID)]["cursor"]  # it stands behind what everybody has said anywhere
        # When it was offered last, and how often, the sweep may change when the machine is busy
        bodies[-1] = [(delivery["channel"], delivery["state"]) for delivery in bodies[-1]["deliveries"]]
        assert str(bodies).count(self.mark) > 5, "or it would not be noticed where it leaks"
        return bodies


_SAID = f"/api/topics/{TOPIC}/messages"
_OF_ALICE = (
    PATH,
    f"{PATH}/preferences",
    "/api/devices",
    f"/api/users/{OWNER}",
    _SAID,
)
_OF_PRODUCERS = (f"/api/rooms/{ROOM}/members", f"/api/users/{OWNER}")
_OF_ADMINISTRATORS = (
    "/api/admin/preferences",
    "/api/admin/templates",
    "/api/admin/revocations",
    "/api/admin/dead-letters",
)
PREFERENCE = {"notificationType": "like", "channel": "email"}
PARTS = {"subject": "S", "text": "T"}


async def settle_down(act: Act, tenant: str) -> Estate:
    """Make one of everything."""
    mark = f"private-to-{tenant}"
    alice, producer = act(OWNER, tenant, scope=""), act("producer", tenant)
    root = act("root", tenant, roles=["admin"], scope="")
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    accepted = await producer.post({"recipients": [OWNER], "type": "message", "content": mark})
    held = await producer.post({"recipients": [OWNER], "type": "message", "content": mark, "sendAt": later})
    ids = [accepted.body["notifications"][0]["id"], accepted.body["id"], held.body["id"]]
    ids.append((await do(producer, "POST", PATH, {"room": ROOM, "type": "message", "content": mark}))["id"])
    ids.append((await do(alice, "POST", "/api/devices", {"kind": "fcm", "token": f"{mark}-{'t' * 40}"}))["id"])
    await do(alice, "PUT", f"{PATH}/preferences", [PREFERENCE])
    await do(alice, "PUT", f"/api/rooms/{ROOM}/mute")
    await do(producer, "PUT", f"/api/rooms/{ROOM}/members/{OWNER}")
    await do(producer, "PUT", f"/api/users/{OWNER}", {"email": f"{mark}@example.com", "name": mark})
    await do(producer, "POST", f"/api/topics/{TOPIC}/messages", {"payload": mark})
    await do(root, "PUT", "/api/admin/preferences", [PREFERENCE])
    await do(root, "PUT", "/api/admin/templates/message/email/-", {"parts": {**PARTS, "text": mark}})
    ids.append((await do(root, "POST", "/api/admin/revocations", {"jti": mark}))["id"])
    await eventually(lambda: was_offered(alice, ids[0]))
    return Estate(tenant, mark, alice, producer, root, tuple(map(UUID, ids)))


async def was_offered(alice: Rest, id: str) -> bool:
    """Whether what became of a notification was written down: nothing more will."""
    return bool((await do(alice, "GET", f"{PATH}/{id}/deliveries"))["deliveries"])


async def do(who: Rest, method: str, path: str, body: object = None) -> Any:
    options = {} if body is None else {"json": body}
    answer = await who.request(method, path, None, **options)
    assert answer.status < 300, (method, path, answer)
    return answer.body
