"""One replica leads, and the next takes over when it has surely stopped."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import kmock
import pytest

from notification_operator.election import Candidate, Elector, Terms
from notification_operator.errors import LeadershipLost
from notification_operator.kinds import LEASE, SERVICE
from notification_operator.kubernetes import Api

from ...support.waiting import eventually
from .api_server import ApiServer

QUICK = Terms(duration=1.0, deadline=0.7, retry=0.05, request=0.3)


def make_elector(api: Api, identity: str, clock: Callable[[], float] = time.monotonic) -> Elector:
    return Elector(api, Candidate("default", "notification-operator", identity), QUICK, clock)


async def test_only_one_of_two_leads(server: ApiServer, api: Api) -> None:
    first, second = make_elector(api, "first"), make_elector(api, "second")
    await first.acquire()
    waiting = asyncio.create_task(second.acquire())
    keeping = asyncio.create_task(first.keep())
    await eventually(lambda: read_lease(server)["renewTime"] != read_lease(server)["acquireTime"], what="a renewal")
    assert first.leads
    assert not second.leads
    waiting.cancel()
    keeping.cancel()


async def test_a_dead_leader_is_followed_once_its_lease_has_run_out(server: ApiServer, api: Api) -> None:
    dead, heir = make_elector(api, "dead"), make_elector(api, "heir")
    await dead.acquire()
    died = time.monotonic()

    await heir.acquire()

    assert time.monotonic() - died >= QUICK.duration
    assert read_lease(server)["holderIdentity"] == "heir"
    assert read_lease(server)["leaseTransitions"] == 1
    assert not dead.leads


async def test_a_released_lease_is_taken_at_once(server: ApiServer, api: Api) -> None:
    leader, heir = make_elector(api, "leader"), make_elector(api, "heir")
    await leader.acquire()
    waiting = asyncio.create_task(heir.acquire())
    await leader.release()
    released = time.monotonic()

    await waiting

    assert time.monotonic() - released < QUICK.duration
    with pytest.raises(LeadershipLost):
        leader.bound_write()


async def test_a_leader_that_cannot_renew_gives_up_before_its_lease_runs_out(server: ApiServer, api: Api) -> None:
    leader = make_elector(api, "leader")
    await leader.acquire()
    server["put"] << 500
    begun = time.monotonic()
    with pytest.raises(LeadershipLost, match="could not renew"):
        await leader.keep()
    assert QUICK.deadline <= time.monotonic() - begun + 0.1


async def test_a_leader_whose_lease_was_taken_gives_up(server: ApiServer, api: Api) -> None:
    leader = make_elector(api, "leader")
    await leader.acquire()
    lease = server.find(LEASE, "notification-operator")
    assert lease is not None
    await server.write(LEASE, {**lease, "spec": {**lease["spec"], "holderIdentity": "thief"}})
    with pytest.raises(LeadershipLost, match="taken by thief"):
        await leader.keep()


async def test_nothing_is_written_after_the_deadline(server: ApiServer, api: Api) -> None:
    """As after the process was stopped and went on: no renewal has failed yet, but time has passed."""
    now = 0.0
    leader = make_elector(api, "leader", lambda: now)
    await leader.acquire()
    guarded = Api(api.client, leader.bound_write)
    manifest = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x", "namespace": "default"}}
    await guarded.apply(SERVICE, "default", manifest)
    before = server.count_writes()
    now = QUICK.deadline
    with pytest.raises(LeadershipLost):
        await guarded.apply(SERVICE, "default", manifest)
    assert server.count_writes() == before


async def test_a_write_never_outlasts_the_lease(server: ApiServer, api: Api) -> None:
    now = 0.0
    leader = make_elector(api, "leader", lambda: now)
    await leader.acquire()
    now = 0.6
    assert leader.bound_write() == pytest.approx(0.4)


async def test_two_that_ask_at_once_do_not_both_get_it(server: ApiServer, api: Api) -> None:
    electors = [make_elector(api, f"number-{number}") for number in range(3)]
    waiting = [asyncio.create_task(elector.acquire()) for elector in electors]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert sum(elector.leads for elector in electors) == 1
    for task in waiting:
        task.cancel()


async def test_an_api_server_that_is_away_is_asked_again(server: ApiServer, api: Api) -> None:
    server["get", kmock.resource("coordination.k8s.io/v1/leases")][:2] << 503
    leader = make_elector(api, "leader")
    await leader.acquire()
    assert leader.leads


def read_lease(server: ApiServer) -> dict[str, Any]:
    lease = server.find(LEASE, "notification-operator")
    assert lease is not None
    spec: dict[str, Any] = lease["spec"]
    return spec
