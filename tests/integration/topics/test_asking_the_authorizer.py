"""A gateway whose platform decides: in clear, at a private address, once for each question, and never by failing."""

import json
from collections.abc import AsyncIterator

import pytest

from tests.integration.gateway.lone_gateway import LoneGateway, run_lone_gateway
from tests.integration.providers.https_server import serve_https
from tests.integration.providers.service import Mischief, Reply, Seen, Service, json_reply
from tests.support.device import join
from tests.support.stack import Stack

FAMILIES = [{"family": "shop", "authorize": "authorizer"}]


def let_ann_in(seen: Seen) -> Reply:
    asked = json.loads(seen.body)
    place = asked.get("room") or asked["topic"]
    return json_reply(200, {"allow": asked["user"] == "ann" and "secret" not in place})


@pytest.fixture
async def platform() -> AsyncIterator[Service]:
    async with serve_https(Service(let_ann_in), tls=None) as service:
        yield service


@pytest.fixture
async def gateway(stack: Stack, platform: Service) -> AsyncIterator[LoneGateway]:
    stated = json.loads(stack.config("gateway").read_text())["auth"]
    auth = {**stated, "authorizer": {"url": f"{platform.url}/may", "timeoutSeconds": 0.5}}
    async with run_lone_gateway(stack, "asking-gateway", auth=auth, topics=FAMILIES) as gateway:
        yield gateway


async def test_posts_and_topics_are_for_whom_it_lets(stack: Stack, gateway: LoneGateway, platform: Service) -> None:
    ann, ben = (stack.token(user, scope="", groups=["7"]) for user in ("ann", "ben"))
    async with join(gateway.url, ann) as device:
        assert (await device.call("room:join", "post:1"))["ok"]
        assert (await device.call("room:send", {"room": "post:1", "payload": 1}))["ok"]
        assert (await device.call("topic:subscribe", "shop.eu.>"))["ok"]
        assert (await device.call("topic:subscribe", "shop.secret"))["error"]["code"] == "FORBIDDEN"
    async with join(gateway.url, ben) as device:
        assert (await device.call("room:join", "post:1"))["error"]["code"] == "FORBIDDEN"

    asked = [json.loads(seen.body) for seen in platform.seen]
    assert asked[0] == {
        "tenant": "default", "user": "ann", "groups": ["7"], "roles": [], "room": "post:1", "action": "join",
    }  # fmt: skip
    assert [(ask["user"], ask.get("room") or ask["topic"], ask["action"]) for ask in asked[1:]] == [
        ("ann", "post:1", "send"),
        ("ann", "shop.eu.>", "join"),
        ("ann", "shop.secret", "join"),
        ("ben", "post:1", "join"),
    ]


async def test_who_comes_back_with_the_same_token_is_not_asked_about_again(
    stack: Stack, gateway: LoneGateway, platform: Service
) -> None:
    token = stack.token("ann", scope="")
    for _ in range(5):
        async with join(gateway.url, token) as device:
            assert (await device.call("room:join", "post:1"))["ok"]
    assert len(platform.seen) == 1


async def test_what_fails_lets_nobody_in_for_now(stack: Stack, gateway: LoneGateway, platform: Service) -> None:
    platform.planned = [Mischief.HANG, Reply(500, b"secret reason"), Reply(200, b'{"allow": "yes"}')]
    async with join(gateway.url, stack.token("ann", scope="")) as device:
        for _ in range(3):
            assert (await device.call("room:join", "post:1"))["error"]["code"] == "UNAVAILABLE"
        assert (await device.call("room:join", "post:1"))["ok"]

    log = gateway.process.log
    assert log.count("authorizer_failed") == 3
    assert platform.url not in log
    assert "secret reason" not in log
