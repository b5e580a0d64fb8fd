"""20,000 notifications while gateways, worker and nats-server are killed at random, and all of NATS is wiped once."""

import asyncio
import os
import random
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from tests.chaos.inboxes import check_inboxes
from tests.chaos.local_run import LocalRun, running
from tests.support.follower import Follower, following
from tests.support.producer import Producer
from tests.support.waiting import eventually

COUNT = int(os.environ.get("CHAOS_COUNT", "20000"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
KILLS_EACH = 4
VICTIMS = ("gateway-0", "gateway-1", "worker-0", "nats")
USERS = [f"user-{number}" for number in range(10)]
DEVICES_EACH = 2
PRODUCERS = 16


async def harass(run: LocalRun, producer: Producer, chance: random.Random) -> list[str]:
    """Kill through the whole of the load, wiping NATS half way; returns what was done."""
    plan = [victim for victim in VICTIMS for _ in range(KILLS_EACH)]
    chance.shuffle(plan)
    plan.insert(len(plan) // 2, "wipe")
    done = []
    for step, victim in enumerate(plan, 1):
        threshold = COUNT * step / (len(plan) + 1)
        await eventually(partial(producer.has_accepted, threshold), within=240, what=f"{threshold:.0f} accepted")
        strike = run.wipe_nats if victim == "wipe" else partial(run.kill, victim)
        await eventually(strike, within=60, what=f"{victim} being up to be killed")
        done.append(victim)
    return done


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_nothing_is_lost_doubled_or_reordered_under_kills(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    async with running(tmp_path) as run:
        devices = {user: [Follower(run.url, run.token(user)) for _ in range(DEVICES_EACH)] for user in USERS}
        producer = Producer(run.url, run.token("producer"))
        recipients = iter([chance.choice(USERS) for _ in range(COUNT)])
        async with following([device for own in devices.values() for device in own]), aiohttp.ClientSession() as http:
            harassment = asyncio.create_task(harass(run, producer, chance))
            await asyncio.gather(*(producer.send_all(recipients, http) for _ in range(PRODUCERS)))
            done = await harassment
            expected = {user: [id for _, id in sorted(producer.accepted[user].items())] for user in USERS}

            def arrived() -> bool:
                return all(len(device.arrivals) >= len(expected[user]) for user in USERS for device in devices[user])

            await eventually(arrived, within=120, what="the arrival of everything that was accepted")

            async def settled() -> bool:
                return await run.backlog() == 0

            await eventually(settled, within=120, what="an outcome for every job")
        log = (tmp_path / "run.log").read_text()

    connects = sum(device.connects for own in devices.values() for device in own)
    print(f"accepted {producer.count}, postponed {producer.postponed}, kills {done}, connects {connects}")
    check_inboxes(producer, devices, COUNT)
    # A run in which nothing happened would prove nothing
    assert connects > 2 * len(USERS) * DEVICES_EACH
    assert len(done) == KILLS_EACH * len(VICTIMS) + 1
    assert "Traceback" not in log
