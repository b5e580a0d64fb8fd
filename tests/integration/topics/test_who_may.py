"""The authorisation matrix over two gateways: each row, for who may and who may not, by each way to listen or speak."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.integration.gateway.lone_gateway import LoneGateway, run_pair
from tests.integration.providers.https_server import serve_https
from tests.integration.providers.service import Mischief, Reply, Seen, Service, json_reply
from tests.support.device import Device, join
from tests.support.rest import Rest
from tests.support.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="module")

TENANT = "matrix"
FAMILIES = [
    {"family": "orders", "authorize": "everyone"},
    {"family": "teams", "authorize": "members"},
    {"family": "shop", "authorize": "authorizer"},
    {"family": "vault", "authorize": "admins"},
]
CLAIMS: dict[str, dict[str, object]] = {
    "ann": {"scope": "", "groups": ["7"]},
    "ben": {"scope": "", "groups": ["8"]},
    "root": {"scope": "", "roles": ["admin"]},
    "pete": {"scope": "notifications:write"},
}
MEMBERS = ("post:1", "dm:1", "teams:1")
LISTEN, SPEAK = {"root"}, {"pete"}
"""Who stands above the rows: administrators listen to everything that exists, producers speak everywhere."""
ROWS: dict[str, tuple[set[str], set[str]]] = {
    "user.ann": (LISTEN | {"ann"}, SPEAK | {"ann"}),
    "group.7": (LISTEN | {"ann"}, SPEAK | {"ann"}),
    "post.1": (LISTEN | {"ann"}, SPEAK | {"ann"}),
    "post.let": (LISTEN | {"ann"}, SPEAK | {"ann"}),
    "dm.1": (LISTEN | {"ann"}, SPEAK | {"ann"}),
    "admin.broadcast": (LISTEN, SPEAK | {"root"}),
    "orders.1": (LISTEN | {"ann", "ben", "pete"}, SPEAK),
    "teams.1": (LISTEN | {"ann"}, SPEAK | {"ann"}),
    "shop.let": (LISTEN | {"ann"}, SPEAK | {"ann"}),
    "vault.1": (LISTEN, SPEAK | {"root"}),
    "unheard.1": (set(), set()),
}


def let_ann_in(seen: Seen) -> Reply:
    asked = json.loads(seen.body)
    place = asked.get("room") or asked["topic"]
    return json_reply(200, {"allow": asked["user"] == "ann" and "let" in place})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform() -> AsyncIterator[Service]:
    async with serve_https(Service(let_ann_in), tls=None) as service:
        yield service


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(stack: Stack, platform: Service) -> AsyncIterator[list[LoneGateway]]:
    """Two gateways of one fleet, which ask the same platform."""
    stated = json.loads(stack.config("gateway").read_text())["auth"]
    auth = {**stated, "authorizer": {"url": f"{platform.url}/may", "timeoutSeconds": 0.5}}
    settings = {"auth": auth, "topics": FAMILIES, "limits": {"eventsPerMinute": 1000}}
    async with run_pair(stack, "matrix", **settings) as gateways:
        producer = Rest(gateways[0].url, stack.token("producer", TENANT))
        for room in MEMBERS:
            assert (await producer.request("PUT", f"/api/rooms/{room}/members/ann")).status == 200
        yield gateways


def token(stack: Stack, user: str) -> str:
    return stack.token(user, TENANT, **CLAIMS[user])  # type: ignore[arg-type]


def verdict(answer: dict[str, object]) -> bool:
    """Whether it was allowed; what is refused is FORBIDDEN and nothing else."""
    error = answer.get("error")
    assert answer["ok"] or (isinstance(error, dict) and error["code"] == "FORBIDDEN"), answer
    return bool(answer["ok"])


async def ways_to_listen(device: Device, rest: Rest, topic: str) -> dict[str, bool]:
    read = await rest.request("GET", f"/api/topics/{topic}/messages")
    assert read.status in {200, 403}
    return {
        "topic:subscribe": verdict(await device.call("topic:subscribe", topic)),
        "below it": verdict(await device.call("topic:subscribe", {"topic": f"{topic}.let.>"})),
        "room:join": verdict(await device.call("room:join", topic.replace(".", ":"))),
        "subscriptions:sync": topic in (await device.call("subscriptions:sync", {"subscriptions": [topic]}))["active"],
        "GET": read.status == 200,
    }


async def ways_to_speak(device: Device, rest: Rest, topic: str) -> dict[str, bool]:
    said = await rest.request("POST", f"/api/topics/{topic}/messages", json={"payload": 1})
    assert said.status in {201, 403}
    sent = await device.call("room:send", {"room": topic.replace(".", ":"), "payload": 1})
    return {"room:send": verdict(sent), "POST": said.status == 201}


@pytest.mark.parametrize("gateway", [0, 1])
@pytest.mark.parametrize("user", CLAIMS)
async def test_everybody_may_what_their_row_says_and_nothing_else(
    stack: Stack, pair: list[LoneGateway], user: str, gateway: int
) -> None:
    there = pair[gateway]
    rest = Rest(there.url, token(stack, user))
    async with join(there.url, rest.token) as device:
        for topic, (listeners, speakers) in ROWS.items():
            for may, ways in (
                (user in listeners, await ways_to_listen(device, rest, topic)),
                (user in speakers, await ways_to_speak(device, rest, topic)),
            ):
                assert set(ways.values()) == {may}, f"{user} at {topic}: {ways}"


async def test_an_administrator_hears_all_of_the_own_tenant_at_both_gateways_and_nothing_of_another(
    stack: Stack, pair: list[LoneGateway]
) -> None:
    strange = stack.token("root", "matrix-2", **CLAIMS["root"])  # type: ignore[arg-type]
    speaker = Rest(pair[0].url, token(stack, "pete"))
    async with AsyncExitStack() as exits:
        own = [await exits.enter_async_context(join(each.url, token(stack, "root"))) for each in pair]
        strangers = [await exits.enter_async_context(join(each.url, strange)) for each in pair]
        for device in (*own, *strangers):
            assert (await device.call("topic:subscribe", ">"))["ok"]
        topics = [topic for topic, (_, speakers) in ROWS.items() if speakers]
        for topic in topics:
            assert (await speaker.request("POST", f"/api/topics/{topic}/messages", json={"payload": 1})).status == 201
        for device in own:
            assert [(await device.expect("topic:message"))[0]["topic"] for _ in topics] == topics
        for device in strangers:
            assert (await device.call("client:ping"))["ok"]
            assert not [event for event in device.events if event[0] == "topic:message"]


@pytest.mark.parametrize("topic", ["*", ">", "group.*", "*.7", "user.>", "unheard.*"])
async def test_wide_wildcards_are_for_administrators(stack: Stack, pair: list[LoneGateway], topic: str) -> None:
    for gateway in pair:
        async with join(gateway.url, token(stack, "ann")) as device:
            assert not verdict(await device.call("topic:subscribe", topic))
        async with join(gateway.url, token(stack, "root")) as device:
            assert verdict(await device.call("topic:subscribe", topic)) == (topic != "unheard.*")


@pytest.mark.parametrize("gateway", [0, 1])
async def test_while_the_platform_does_not_answer_only_those_it_decides_on_are_kept_out(
    stack: Stack, pair: list[LoneGateway], platform: Service, gateway: int
) -> None:
    fresh = stack.token("ann", TENANT, jti=f"fresh-{gateway}", **CLAIMS["ann"])  # type: ignore[arg-type]
    async with join(pair[gateway].url, fresh) as device:
        platform.planned = [Mischief.HANG, Mischief.DROP]
        for topic in ("shop.let", "post.let"):
            assert (await device.call("topic:subscribe", topic))["error"]["code"] == "UNAVAILABLE"
        for topic in ("group.7", "post.1", "dm.1"):
            assert (await device.call("topic:subscribe", topic))["ok"]
        assert (await device.call("topic:subscribe", "shop.let"))["ok"]
