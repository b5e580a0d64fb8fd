"""Every part of the system dies, one after another, under a steady trickle: nothing is lost, doubled or reordered."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import median

import pytest

from tests.e2e.audience import DEVICES_EACH, USERS, Audience
from tests.e2e.database import query_database
from tests.e2e.entrance import Entrance
from tests.e2e.identity_provider import IdentityProvider
from tests.e2e.living_pod import LivingPod, count_ready
from tests.e2e.log_book import LogBook
from tests.e2e.release import Release
from tests.e2e.striker import Striker, Victims
from tests.support.waiting import eventually, eventually_sync

PATIENCE = 150.0
PAUSE = 1.0  # between two looks at the pods
Strike = Callable[[Striker], Victims]
STRIKES: dict[str, Strike] = {
    "a gateway is killed": lambda striker: striker.kill("gateway"),
    "a gateway's pod is deleted": lambda striker: striker.delete("gateway"),
    "a worker is killed": lambda striker: striker.kill("worker"),
    "a worker's pod is deleted": lambda striker: striker.delete("worker"),
    "a NATS server is killed": lambda striker: striker.kill("nats"),
    "a NATS server's pod is deleted": lambda striker: striker.delete("nats"),
    "the operator's leader is killed": Striker.kill_leader,
    "a node is killed": Striker.kill_node,
}


@dataclass(frozen=True, slots=True)
class Story:
    """How it ended."""

    striker: Striker
    audience: Audience

    @property
    def texts(self) -> dict[LivingPod, str]:
        """What everyone said."""
        return self.striker.book.texts


@pytest.fixture(scope="module")
def story(
    release: Release,
    production_entrance: Entrance,
    identity_provider: IdentityProvider,
    tmp_path_factory: pytest.TempPathFactory,
) -> Story:
    book = LogBook(release.kubernetes, tmp_path_factory.mktemp("logs"))
    striker = Striker(release, production_entrance.cluster, book)
    story = Story(striker, Audience.at(production_entrance.url, identity_provider))
    try:
        asyncio.run(tell(story))
    finally:
        striker.mend()
    return story


async def tell(story: Story) -> None:
    """All strikes, from the first connection to the last delivery."""
    striker, audience = story.striker, story.audience
    async with audience.listening():
        async with audience.entertained():
            await audience.hear(PATIENCE)
            for title, strike in STRIKES.items():
                await survive(title, strike, striker, audience)
        await eventually(audience.has_all, within=PATIENCE, what="the arrival of everything that was accepted")
    await asyncio.to_thread(striker.book.close)
    for pod in await asyncio.to_thread(lambda: striker.pods):
        await asyncio.to_thread(striker.book.keep, pod)


async def survive(title: str, strike: Strike, striker: Striker, audience: Audience) -> None:
    """Strike, and wait until every device is served, then until every victim is replaced and all are served again."""
    sizes = count_ready(striker.pods)
    victims = await asyncio.to_thread(strike, striker)
    begun = time.monotonic()
    waits = await audience.hear(PATIENCE)
    await asyncio.to_thread(striker.mend)

    async def is_whole() -> bool:
        pods = await asyncio.to_thread(lambda: striker.pods)
        return count_ready(pods) == sizes and not {pod.life for pod in pods} & {pod.life for pod in victims}

    await eventually(is_whole, within=PATIENCE, what=f"that all pods are Ready after {title}", pause=PAUSE)
    whole_after = time.monotonic() - begun
    await audience.hear(PATIENCE)
    print(
        f"{title}: half of the devices had news after {median(waits):.1f} s, all after {waits[-1]:.1f} s, "
        f"and all pods were Ready after {whole_after:.1f} s"
    )
    await asyncio.to_thread(striker.book.keep_last_words, victims)


def test_every_accepted_notification_arrives_on_each_device_once_and_in_order(story: Story) -> None:
    audience = story.audience
    print(f"accepted {audience.producer.count}, postponed {audience.producer.postponed}, connects {audience.connects}")
    assert audience.connects > DEVICES_EACH * len(USERS), "a story in which nothing happened would prove nothing"
    for user in USERS:
        accepted = audience.expected[user]
        assert sorted(audience.producer.accepted[user]) == list(range(1, len(accepted) + 1)), "numbers without a hole"
        for device in audience.devices[user]:
            assert [arrival["id"] for arrival in device.arrivals] == accepted


def test_nobody_was_told_anything_but_to_come_back(story: Story) -> None:
    devices = [device for own in story.audience.devices.values() for device in own]
    assert not story.audience.producer.unexpected
    assert not [refusal for device in devices for refusal in device.refused]
    assert not [reason for device in devices for reason in device.resyncs]


def test_every_job_has_an_outcome(story: Story) -> None:
    cluster, query = story.striker.cluster, partial(query_database, story.striker.cluster.kubernetes)

    eventually_sync(
        lambda: query(cluster.namespace, "SELECT count(*) FROM outbox") == "0",
        within=PATIENCE,
        what="an outcome for every job",
        pause=PAUSE,
    )

    assert query(cluster.namespace, "SELECT count(*) FROM dead_letters") == "0"


def test_the_victims_and_all_others_left_no_traceback(story: Story) -> None:
    assert len(story.texts) > len(STRIKES)
    assert not [text for text in story.texts.values() if "Traceback" in text]


def test_the_cluster_is_ready_again_and_has_its_quorum(story: Story) -> None:
    cluster = story.striker.cluster

    eventually_sync(cluster.is_ready, within=PATIENCE, what="readiness after all strikes", pause=PAUSE)

    assert cluster.resource["status"]["nats"]["quorum"] == "ok"
