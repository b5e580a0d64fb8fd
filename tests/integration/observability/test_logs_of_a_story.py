"""At the most talkative level, logs name what happened and tell nobody's address, token or news."""

import json
from pathlib import Path
from typing import Any

from tests.integration.observability.office import open_office
from tests.integration.providers.smtp_server import Relay
from tests.support.device import dial, join
from tests.support.waiting import eventually

EVENTS = {
    "connect",
    "reconnect",
    "disconnect",
    "authentication_failed",
    "authorization_failed",
    "rate_limit_exceeded",
    "created",
    "enqueued",
    "delivered",
    "read",
    "failed",
    "nats_error",
    "queue_error",
    "postgres_error",
}
CONTENT, ADDRESS = "a-secret-told-to-alice", "alice.marker@example.com"


def read_logs(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in folder.glob("*-*.log") for line in path.read_text().splitlines()]


async def test_every_event_is_told_and_nothing_that_is_nobodys_business(tmp_path: Path) -> None:
    relay = Relay(planned={"RCPT": [f"550 5.1.1 <{ADDRESS}> is unknown here", "250 OK"]})
    limits = {"producers": {"perMinute": 60, "burst": 10}}
    async with open_office(tmp_path, relay, {"limits": limits}, logLevel="debug") as office:
        stack = office.stack
        tokens = [stack.token("alice", scope=""), stack.token("producer"), stack.token("alice") + "forged"]
        url = stack.internal_url("gateway-0")

        async with join(url, tokens[0]) as device:
            await office.know("alice", email=ADDRESS, name=CONTENT)
            id = await office.send("alice", "websocket", "email", content=CONTENT, metadata={"told": CONTENT})
            await device.expect("notification")
            await office.become(id, "email", "dead")
            await device.call("notification:read", id)
            cursor = device.cursor
        second = await office.send("alice", "email", content=CONTENT)
        await office.become(second, "email", "sent")
        async with join(url, tokens[0], cursor=cursor):
            pass
        async with dial(url) as device:
            await device.connect(tokens[2])
            await device.refusal()
        assert (await office.rest("alice", scope="").post({})).status == 403
        bulk = {"recipients": ["bob"], "type": "like", "content": CONTENT}
        loud = office.rest("loud", tenant="loud")
        assert (await loud.request("POST", "/api/notifications/bulk", json=[bulk] * 50)).status == 200
        assert (await loud.post(bulk)).status == 429

        await stack.kill("nats")
        await stack.kill("postgres")
        assert (await office.rest("alice").list()).status == 503
        await eventually(
            lambda: {line.get("event") for line in read_logs(tmp_path)} >= EVENTS,
            what="every event in the logs",
            within=20.0,
        )
        await stack.start("postgres")
        await stack.start("nats")

    told = "".join(path.read_text() for path in tmp_path.glob("*-*.log"))
    parts = [part for token in tokens for part in token.split(".")[1:]]
    assert [secret for secret in (CONTENT, ADDRESS, "alice.marker", *parts) if secret in told] == []
    assert all(path.read_text() for path in tmp_path.glob("*-*.log"))


async def test_above_the_level_that_is_configured_nothing_is_told(tmp_path: Path) -> None:
    async with (
        open_office(tmp_path, Relay(), logLevel="warning") as office,
        join(office.stack.internal_url("gateway-0"), office.stack.token("alice")) as device,
    ):
        await office.send("alice")
        await device.expect("notification")
    assert {line["level"] for line in read_logs(tmp_path)} <= {"WARNING", "ERROR"}
