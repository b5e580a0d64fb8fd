"""Traces are sent beside the work: without a collector everything goes on, and processes end in order and in time."""

import asyncio
from pathlib import Path

from tests.integration.observability.office import open_office
from tests.integration.providers.smtp_server import Relay
from tests.support.device import join
from tests.support.ports import free_port

STOPPED_WITHIN = 20.0


async def test_notifications_arrive_and_processes_end_in_time(tmp_path: Path) -> None:
    telemetry = {"otlpEndpoint": f"http://127.0.0.1:{free_port()}", "sampleRatio": 1.0}
    async with open_office(tmp_path, Relay(), telemetry=telemetry) as office:
        async with join(office.stack.internal_url("gateway-0"), office.stack.token("alice")) as device:
            for _ in range(20):
                await office.send("alice", "websocket")
            await device.until(lambda: len(device.notifications) == 20, "all of them")
        worker = office.workers[0]
        async with asyncio.timeout(STOPPED_WITHIN):
            await office.dismiss()
        office.workers.clear()
    assert "Traceback" not in office.stack.log(worker)
    assert "Traceback" not in office.stack.log("gateway-0")
