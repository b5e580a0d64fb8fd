"""The process as Kubernetes runs it: it leads, stops when told, and says in one line what a user can mend."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from notification_operator.kinds import LEASE, SERVICE

from ...support.waiting import eventually
from .api_server import ApiServer
from .cluster import make_cluster

ARGUMENTS = ("run", "--all-namespaces", "--host", "127.0.0.1", "--management-port", "0")


async def start(**environment: str) -> Process:
    command = (sys.executable, "-m", "notification_operator", *ARGUMENTS)
    return await asyncio.create_subprocess_exec(*command, stderr=PIPE, env={**os.environ, **environment})


async def test_it_leads_and_releases_its_lease_when_told_to_stop(server: ApiServer) -> None:
    await make_cluster(server)
    process = await start()
    await eventually(lambda: server.find(SERVICE, "demo-gateway"), within=30, what="the gateways' Service")
    process.send_signal(signal.SIGTERM)
    _, logs = await asyncio.wait_for(process.communicate(), 15)
    assert process.returncode == 0, logs.decode()
    lease = server.find(LEASE, "notification-operator")
    assert lease is not None
    assert lease["spec"]["holderIdentity"] == ""
    assert b"Traceback" not in logs


async def test_it_says_who_it_is_in_every_request(server: ApiServer) -> None:
    process = await start()
    await eventually(lambda: "services" in server.watches, within=30, what="the watches")
    process.terminate()
    await asyncio.wait_for(process.communicate(), 15)
    lease = server.find(LEASE, "notification-operator")
    assert lease is not None
    agents = server.list_agents()
    assert len(agents) == 1
    assert agents.pop().startswith("notification-operator/")


async def test_a_process_whose_lease_was_taken_ends_at_once(server: ApiServer) -> None:
    process = await start()
    await eventually(lambda: server.find(LEASE, "notification-operator"), within=30, what="the lease")
    lease = server.objects["leases", "default", "notification-operator"]
    await server.write(LEASE, {**lease, "spec": {**lease["spec"], "holderIdentity": "thief"}})
    _, logs = await asyncio.wait_for(process.communicate(), 15)
    assert process.returncode == 1
    assert b"the lease was taken by thief; this process ends" in logs


async def test_without_a_cluster_it_says_so_in_one_line(tmp_path: Path) -> None:
    process = await start(KUBECONFIG=str(tmp_path / "none"))
    _, logs = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 2
    assert logs.decode().count("\n") == 1
    assert logs.decode().startswith("notification-operator: no Kubernetes cluster: ")
