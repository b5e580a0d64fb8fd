"""10,000 notifications for sockets and by mail, while gateways and workers are killed and the mail server has moods."""

import asyncio
import os
import random
import re
from collections import defaultdict
from functools import partial
from pathlib import Path

import aiohttp
import pytest
import yaml

from tests.chaos.inboxes import check_inboxes
from tests.chaos.local_run import SAMPLE, LocalRun, running
from tests.chaos.post_office import HOST, PostOffice
from tests.support.follower import Follower, following
from tests.support.producer import Producer
from tests.support.rest import Rest
from tests.support.waiting import eventually

COUNT = int(os.environ.get("CHAOS_MAILS", "10000"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
KILLS_EACH = 4
KILLS_WITHIN = 0.8  # of the load: what the last one leaves locked comes free while the rest goes out
VICTIMS = ("gateway-0", "gateway-1", "worker-0", "worker-1")
WORKERS = VICTIMS[2:]
USERS = [f"user-{number}" for number in range(10)]
DEVICES_EACH = 2
PRODUCERS = 16
MESSAGE_ID = re.compile(rb"^Message-ID: (<[^>]+>)\r$", re.MULTILINE)
CONTENT = re.compile(rb"^(for (user-\d+): [0-9a-f-]{36})\r$", re.MULTILINE)
LEFT_ALONE = "the breaker of provider smtp-1 is open"


def write_cluster(folder: Path, office: PostOffice) -> Path:
    document = yaml.safe_load(SAMPLE.read_text())
    relay = {"host": HOST, "port": office.port, "security": "none"}
    mail = {"from": "Shop <no-reply@shop.example>", "providers": [{"smtp": relay}]}
    document["spec"] |= {"worker": {"replicas": len(WORKERS)}, "channels": {"email": mail}}
    file = folder / "cluster.yaml"
    file.write_text(yaml.safe_dump(document))
    return file


async def introduce(run: LocalRun) -> None:
    """Tell where users get mail."""
    producer = Rest(run.url, run.token("producer"))
    for user in USERS:
        answer = await producer.request("PUT", f"/api/users/{user}", json={"email": f"{user}@mail.example"})
        assert answer.status == 200, answer


async def harass(run: LocalRun, producer: Producer, office: PostOffice, chance: random.Random) -> list[str]:
    """Kill through most of the load, the mail server being away half way; returns what was done."""
    plan = [victim for victim in VICTIMS for _ in range(KILLS_EACH)]
    chance.shuffle(plan)
    plan.insert(len(plan) // 2, "absence")

    def has_come(share: float) -> bool:
        return producer.count + len(office.taken) >= 2 * COUNT * share

    for step, victim in enumerate(plan, 1):
        await eventually(partial(has_come, KILLS_WITHIN * step / len(plan)), within=240, what=f"step {step}")
        if victim == "absence":
            await be_away(run, office)
        else:
            await eventually(partial(run.kill, victim), within=60, what=f"{victim} being up to be killed")
    return plan


async def be_away(run: LocalRun, office: PostOffice) -> None:
    """Close the office until a tenth of all mails wait for it; a worker leaves it alone long before."""
    waiting = "SELECT count(*) FROM outbox JOIN deliveries USING (notification_id, channel) WHERE channel = 'email'"

    async def many_wait() -> bool:
        ((count,),) = await run.query(waiting)
        return int(count) >= COUNT / 10

    await office.close()
    await eventually(many_wait, within=60, what="mails that wait for their server")
    await office.open()


async def finish(run: LocalRun) -> int:
    """Return when nothing is left to do, and how many dead letters were tried again for that."""
    revived = 0
    while True:
        await eventually(partial(is_idle, run), within=180, what="an outcome for every job", pause=0.5)
        ((letters,),) = await run.query("SELECT count(*) FROM dead_letters")
        if not letters:
            return revived
        told = await asyncio.to_thread(run.command, "dead-letters", "retry", "--all", "--tenant", "demo")
        assert told == f"retried: {letters}"
        revived += letters


async def is_idle(run: LocalRun) -> bool:
    return await run.query("SELECT count(*) FROM outbox") == [(0,)]


def read_mails(office: PostOffice) -> dict[str, list[str]]:
    """The Message-IDs of the mails that brought each content, one for each mail."""
    found: dict[str, list[str]] = defaultdict(list)
    for mail in office.taken:
        (id,), content = MESSAGE_ID.findall(mail.raw), CONTENT.search(mail.raw)
        assert content is not None
        assert mail.recipient == f"{content[2].decode()}@mail.example"
        found[content[1].decode()].append(id.decode())
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_everything_is_shown_once_and_mailed_at_least_once_under_kills(tmp_path: Path) -> None:
    print(f"seed {SEED}")
    chance, office = random.Random(SEED), PostOffice(random.Random(SEED))
    await office.open()
    async with running(tmp_path, write_cluster(tmp_path, office)) as run:
        await introduce(run)
        devices = {user: [Follower(run.url, run.token(user)) for _ in range(DEVICES_EACH)] for user in USERS}
        producer = Producer(run.url, run.token("producer"), fields={"channels": ["websocket", "email"]})
        recipients = iter([chance.choice(USERS) for _ in range(COUNT)])
        async with following([device for own in devices.values() for device in own]), aiohttp.ClientSession() as http:
            harassment = asyncio.create_task(harass(run, producer, office, chance))
            await asyncio.gather(*(producer.send_all(recipients, http) for _ in range(PRODUCERS)))
            done = await harassment
            revived = await finish(run)
            expected = {user: [id for _, id in sorted(producer.accepted[user].items())] for user in USERS}

            def arrived() -> bool:
                return all(len(device.arrivals) >= len(expected[user]) for user in USERS for device in devices[user])

            await eventually(arrived, within=60, what="the arrival of everything that was accepted")
        outcomes = {
            tuple(key): count
            for *key, count in await run.query(
                "SELECT channel, state, count(*) FROM deliveries GROUP BY channel, state"
            )
        }
        logs = [run.log(name) for name in VICTIMS]
    await office.close()

    mails = read_mails(office)
    connects = sum(device.connects for own in devices.values() for device in own)
    print(f"accepted {producer.count}, postponed {producer.postponed}, done {done}, connects {connects}")
    print(f"mails {len(office.taken)}, repeats {len(office.taken) - len(mails)} (hung up {office.hung_up})")
    print(f"refused {office.refused}, spurned {office.spurned}, most connections {office.most_connections}")
    print(f"dead letters tried again {revived}, outcomes {outcomes}")
    check_inboxes(producer, devices, COUNT)
    shown = {arrival["content"] for own in devices.values() for arrival in own[0].arrivals}
    assert mails.keys() == shown, "a mail for each notification, and for nothing else"
    assert all(len(set(ids)) == 1 for ids in mails.values()), "one Message-ID for each notification"
    assert len({ids[0] for ids in mails.values()}) == COUNT, "no Message-ID for two"
    assert outcomes.pop(("email", "sent")) == COUNT
    assert outcomes.pop(("websocket", "sent")) + outcomes.pop(("websocket", "offline"), 0) == COUNT
    assert not outcomes
    # A run in which nothing happened would prove nothing
    assert connects > 2 * len(USERS) * DEVICES_EACH
    assert len(done) == KILLS_EACH * len(VICTIMS) + 1
    assert min(office.refused, office.spurned, office.hung_up, revived) > 0
    assert any(LEFT_ALONE in log for log in logs)
    assert not any("Traceback" in log for log in logs)
