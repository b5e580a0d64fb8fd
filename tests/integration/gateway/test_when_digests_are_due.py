"""The hour of digests is what the configuration says, for inboxes and for mails."""

import json
from urllib.parse import urlsplit

from tests.support.rest import Rest
from tests.support.stack import Stack
from tests.support.waiting import eventually

DIGEST = {"hour": "03:07", "weekday": "friday"}
WALL = "to_char({} AT TIME ZONE 'Asia/Kathmandu', 'FMDay HH24:MI')"


async def test_what_waits_for_a_weekly_digest_waits_until_the_day_and_hour_that_are_configured(
    private_stack: Stack,
) -> None:
    await configure(private_stack)
    await wish_weekly(Rest(private_stack.url, private_stack.token("alice")))
    producer = Rest(private_stack.url, private_stack.token("producer"))

    (placed,) = await producer.notify("alice", channels=["websocket", "email"])

    assert placed["state"] == "held"
    held = f"SELECT {WALL.format('release_at')} FROM notifications WHERE id = '{placed['id']}'"
    assert query(private_stack, held) == "Friday 03:07"
    due = f"SELECT {WALL.format('due_at')} FROM digests WHERE recipient = 'alice' AND channel = 'email'"
    assert await eventually(lambda: query(private_stack, due), what="a digest to come") == "Friday 03:07"


async def configure(stack: Stack) -> None:
    """Have everything run with DIGEST."""
    for role in ("gateway", "worker"):
        file = stack.config(role)
        file.write_text(json.dumps({**json.loads(file.read_text()), "digest": DIGEST}))
    for name in tuple(stack.workloads):
        await stack.kill(name)
        await stack.start(name)


async def wish_weekly(user: Rest) -> None:
    wish = {"notificationType": "*", "enabled": True, "frequency": "weekly", "timeZone": "Asia/Kathmandu"}
    entries = [{**wish, "channel": channel} for channel in ("websocket", "email")]
    answer = await user.request("PUT", "/api/notifications/preferences", json=entries)
    assert answer.status == 200, answer


def query(stack: Stack, sql: str) -> str:
    return stack.postgres.execute(sql, urlsplit(stack.database).path[1:])
