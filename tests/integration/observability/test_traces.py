"""One trace follows a notification from the request to the socket or the mail, over three processes."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.channels.post_office import PostOffice
from tests.integration.observability.collector import Collector, Span, run_collector
from tests.integration.observability.office import open_office
from tests.integration.providers.smtp_server import Relay
from tests.support.device import join
from tests.support.rest import PATH, Answer
from tests.support.waiting import eventually

CONTENT, ADDRESS = "a-secret-told-to-alice", "alice.marker@example.com"


@dataclass(frozen=True)
class Watched:
    office: PostOffice
    collector: Collector
    relay: Relay

    async def post(self, trace: str | None, *channels: str, recipient: str = "alice", **fields: object) -> Answer:
        """Send a request in a trace of the caller's."""
        body = {"recipients": [recipient], "type": "message", "content": CONTENT, "channels": channels, **fields}
        headers = {"traceparent": trace} if trace else {}
        answer = await self.office.producer.request("POST", PATH, json=body, headers=headers)
        assert answer.status == 201, answer
        return answer

    async def gather(self, trace: str, *names: str) -> dict[str, Span]:
        """Wait until a trace has these steps."""

        def found() -> dict[str, Span]:
            steps = self.collector.of(trace)
            return steps if steps.keys() >= set(names) else {}

        return await eventually(found, within=15.0, what=f"{names} in {trace}")


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    async with run_collector() as collector:
        telemetry = {"otlpEndpoint": collector.url, "sampleRatio": 1.0}
        async with open_office(tmp_path, relay := Relay(), telemetry=telemetry) as office:
            yield Watched(office, collector, relay)


def begin(sampled: bool = True) -> tuple[str, str, str]:
    """A trace of a caller, its step, and how both are written."""
    trace, step = secrets.token_hex(16), secrets.token_hex(8)
    return trace, step, f"00-{trace}-{step}-{'01' if sampled else '00'}"


async def test_to_a_socket_through_a_queue(watched: Watched) -> None:
    trace, step, header = begin()
    stack = watched.office.stack
    async with join(stack.internal_url("gateway-0"), stack.token("alice")) as device:
        answer = await watched.post(header, "websocket", priority="low")
        await device.expect("notification")
        steps = await watched.gather(trace, "accept", "publish", "serve", "offer", "show")
    parents = {name: span.parent for name, span in steps.items()}
    assert parents == {
        "accept": step,
        "publish": steps["accept"].id,
        "serve": steps["publish"].id,
        "offer": steps["serve"].id,
        "show": steps["offer"].id,
    }
    (worker,) = watched.office.workers
    at = {name: span.process for name, span in steps.items()}
    assert {name for name, process in at.items() if process == worker} == {"serve", "offer"}
    assert {name for name, process in at.items() if process == "gateway-0"} == {"accept", "publish", "show"}
    assert steps["accept"].facts["http.response.status_code"] == "201"
    assert steps["serve"].facts == {
        "notification.id": answer.body["notifications"][0]["id"],
        "tenant": "default",
        "channel": "websocket",
        "queue": "low",
        "state": "sent",
    }


async def test_to_a_socket_without_a_queue(watched: Watched) -> None:
    trace, _, header = begin()
    stack = watched.office.stack
    async with join(stack.internal_url("gateway-0"), stack.token("alice")) as device:
        answer = await watched.post(header, "websocket")
        await device.expect("notification")
        steps = await watched.gather(trace, "accept", "offer", "show")
    assert {name: span.parent for name, span in steps.items() if name != "accept"} == {
        "offer": steps["accept"].id,
        "show": steps["offer"].id,
    }
    assert {span.process for span in steps.values()} == {"gateway-0"}
    assert steps["offer"].facts == {
        "notification.id": answer.body["notifications"][0]["id"],
        "tenant": "default",
    }


async def test_to_a_mail(watched: Watched) -> None:
    trace, _, header = begin()
    await watched.office.know("alice", email=ADDRESS, name=CONTENT)
    await watched.post(header, "email")
    steps = await watched.gather(trace, "accept", "publish", "serve", "send")
    assert steps["send"].parent == steps["serve"].id
    assert steps["serve"].parent == steps["publish"].id
    assert steps["serve"].facts["state"] == "sent"
    assert CONTENT.encode() not in watched.collector.raw
    assert b"alice" not in watched.collector.raw


async def test_an_attempt_that_fails_says_of_what_kind_the_error_was_and_no_more(watched: Watched) -> None:
    trace, _, header = begin()
    watched.relay.planned["RCPT"] = [f"550 5.1.1 <{ADDRESS}> is unknown here"]
    await watched.office.know("alice", email=ADDRESS)
    await watched.post(header, "email")
    steps = await watched.gather(trace, "serve", "send")
    assert (steps["send"].error, steps["serve"].facts["state"]) == ("Rejected", "dead")
    assert b"alice" not in watched.collector.raw


async def test_a_request_without_a_trace_begins_one(watched: Watched) -> None:
    await watched.office.know("alice", email=ADDRESS)
    answer = await watched.post(None, "email")
    id = answer.body["notifications"][0]["id"]
    (served,) = await eventually(
        lambda: [span for span in watched.collector.spans if span.name == "serve"], what="a step"
    )
    assert served.facts["notification.id"] == id
    steps = await watched.gather(served.trace, "accept", "publish", "serve", "send")
    assert steps["accept"].parent == ""


async def test_what_is_released_later_is_found_by_its_id(watched: Watched) -> None:
    trace, _, header = begin()
    await watched.office.know("alice", email=ADDRESS)
    soon = datetime.now(UTC) + timedelta(seconds=2)
    answer = await watched.post(header, "email", sendAt=soon.isoformat())
    id = answer.body["notifications"][0]["id"]

    def sends() -> list[Span]:
        spans = watched.collector.spans
        return [span for span in spans if span.name == "serve" and span.facts.get("notification.id") == id]

    (served, *_) = await eventually(sends, within=20.0, what="a step of what was released")
    assert served.trace != trace
    await watched.gather(served.trace, "publish", "serve", "send")


async def test_what_the_caller_does_not_keep_is_not_kept_here(watched: Watched) -> None:
    trace, _, header = begin(sampled=False)
    kept, _, other = begin()
    stack = watched.office.stack
    async with join(stack.internal_url("gateway-0"), stack.token("alice")) as device:
        await watched.post(header, "websocket")
        await device.expect("notification")
        await watched.post(other, "websocket")
        await watched.gather(kept, "show")
    assert watched.collector.of(trace) == {}


@pytest.mark.parametrize("header", ["nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "01" * 5000])
async def test_a_traceparent_that_is_none_begins_a_new_trace(watched: Watched, header: str) -> None:
    await watched.office.know("alice", email=ADDRESS)
    answer = await watched.office.producer.request(
        "POST",
        PATH,
        json={"recipients": ["alice"], "type": "message", "content": CONTENT, "channels": ["email"]},
        headers={"traceparent": header},
    )
    if len(header) > 8190:
        assert answer.status == 400, "a header that is longer than any may be"
        return
    assert answer.status == 201
    accepted = await eventually(lambda: [span for span in watched.collector.spans if span.name == "accept"], what="it")
    assert accepted[0].parent == ""
    assert len(accepted[0].trace) == 32
