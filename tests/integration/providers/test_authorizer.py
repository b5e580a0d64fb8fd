"""What the platform's authorizer is asked, and which of its answers count."""

import json
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from notifications.adapters.authorizer.caller import HttpAuthorizer
from notifications.adapters.outgoing.http import HttpClient
from notifications.adapters.outgoing.tls import verify
from notifications.domain.access import Action
from notifications.domain.errors import Unavailable
from notifications.domain.limits import MAX_VERDICT_TTL
from notifications.domain.network import check_service
from notifications.domain.notification import UserKey
from notifications.domain.principal import Principal
from notifications.domain.topics import Topic, read_pattern, room_topic
from notifications.ports.authorizer import Question, Verdict
from tests.integration.providers.authority import Authority
from tests.integration.providers.https_server import serve_https
from tests.integration.providers.service import Mischief, Reply, Service, json_reply

BOB = Principal(
    UserKey("acme", "bob@example.com"),
    datetime(2026, 3, 1, tzinfo=UTC),
    groups=frozenset({"8", "7"}),
    roles=frozenset({"editor"}),
)
PATIENCE = 0.3


def ask_about(topic: Topic) -> Question:
    return Question(BOB, topic, Action.JOIN)


POST = ask_about(room_topic("acme", "post:9"))


@pytest.fixture(params=["http", "https"])
async def service(request: pytest.FixtureRequest, authority: Authority) -> AsyncIterator[Service]:
    """Lets everybody in, on an address that is not a public one."""
    tls: ssl.SSLContext | None = authority.serve() if request.param == "https" else None
    async with serve_https(Service(lambda _: json_reply(200, {"allow": True})), tls) as service:
        yield service


@pytest.fixture
async def authorizer(service: Service, authority: Authority) -> AsyncIterator[HttpAuthorizer]:
    tls = verify(authority.certificate)
    async with HttpClient(tls, timeout=PATIENCE, check=check_service) as client:
        yield HttpAuthorizer(f"{service.url}/may?key=hidden", client)


async def test_it_is_told_who_asks_and_what_for(service: Service, authorizer: HttpAuthorizer) -> None:
    assert await authorizer.ask(POST) == Verdict(True, None)
    await authorizer.ask(ask_about(read_pattern("acme", "orders.eu.>")))

    first, second = service.seen
    assert (first.path, first.headers["content-type"]) == ("/may?key=hidden", "application/json")
    assert json.loads(first.body) == {
        "tenant": "acme",
        "user": "bob@example.com",
        "groups": ["7", "8"],
        "roles": ["editor"],
        "room": "post:9",
        "action": "join",
    }
    assert json.loads(second.body)["topic"] == "orders.eu.>"


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ({"allow": False}, Verdict(False, None)),
        ({"allow": True, "ttlSeconds": 5}, Verdict(True, 5.0)),
        ({"allow": True, "ttlSeconds": 0, "why": "a friend"}, Verdict(True, 0.0)),
        ({"allow": False, "ttlSeconds": 1e12}, Verdict(False, MAX_VERDICT_TTL)),
        ({"allow": True, "ttlSeconds": None}, Verdict(True, None)),
    ],
)
async def test_its_verdict_is_what_it_says(
    service: Service, authorizer: HttpAuthorizer, answer: object, verdict: Verdict
) -> None:
    service.planned = [json_reply(200, answer)]

    assert await authorizer.ask(POST) == verdict


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (json_reply(201, {"allow": True}), "answered 201"),
        (json_reply(403, {"allow": True}), "answered 403"),
        (json_reply(500, {"allow": True}), "answered 500"),
        (Reply(302, b'{"allow": true}', {"location": "/yes"}), "answered 302"),
        (Reply(200, b""), "is not {allow"),
        (Reply(200, b"true"), "is not {allow"),
        (Reply(200, b'{"allow": "true"}'), "is not {allow"),
        (Reply(200, b'{"allow": 1}'), "is not {allow"),
        (Reply(200, b'{"ttlSeconds": 5}'), "is not {allow"),
        (Reply(200, b'{"allow": true, "ttlSeconds": -1}'), "is not {allow"),
        (Reply(200, b'{"allow": true, "ttlSeconds": "5"}'), "is not {allow"),
        (Reply(200, b'{"allow": true, "ttlSeconds": NaN}'), "is not {allow"),
        (Reply(200, b'{"allow": true' + b"\xff}"), "is not {allow"),
        (Reply(200, b'{"allow": true}' + b" " * 5_000), "longer than"),
        (Mischief.HANG, "no answer within"),
        (Mischief.DROP, "no usable answer"),
        (Mischief.GARBAGE, "no usable answer"),
        (Mischief.FLOOD, "longer than"),
    ],
)
async def test_whatever_else_it_does_is_no_verdict(
    service: Service, authorizer: HttpAuthorizer, plan: Reply | Mischief, reason: str
) -> None:
    service.planned = [plan]

    with pytest.raises(Unavailable, match=reason) as failure:
        await authorizer.ask(POST)
    assert len(service.seen) == 1, "a redirect is not followed"
    assert "hidden" not in str(failure.value)
    assert "bob" not in str(failure.value)


async def test_one_that_is_not_there_gives_none(authority: Authority) -> None:
    async with HttpClient(verify(authority.certificate), timeout=PATIENCE, check=check_service) as client:
        with pytest.raises(Unavailable, match="no connection"):
            await HttpAuthorizer("http://127.0.0.1:1/may", client).ask(POST)
