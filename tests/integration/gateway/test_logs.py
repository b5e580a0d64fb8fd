"""Logs are JSON, line by line, and hold nothing that opens a door."""

import json

import pytest

from tests.integration.gateway.conftest import Act
from tests.support.device import dial, join
from tests.support.stack import Stack

PROCESSES = ["gateway-0", "gateway-1", "worker-0"]


async def test_no_token_and_no_address_of_the_database_is_logged(stack: Stack, act: Act, alice: str) -> None:
    token = stack.token(alice)
    forged = f"{token}forged"
    for gateway in PROCESSES[:2]:
        async with join(stack.internal_url(gateway), token) as device:
            await act(alice).notify(alice)
            await device.expect("notification")
            await device.emit(token)
            await device.transport.send(f"4{token}")
        async with dial(stack.internal_url(gateway)) as device:
            await device.connect(forged)
            await device.refusal()
    assert (await act(alice).request("GET", f"/api/notifications?after={token}")).status == 400
    for name in PROCESSES:
        told = stack.log(name)
        assert token.rpartition(".")[2] not in told
        assert token.rpartition(".")[0] not in told
        assert "postgresql://" not in told


@pytest.mark.parametrize("name", PROCESSES)
def test_every_line_is_a_json_object_with_time_level_and_message(stack: Stack, name: str) -> None:
    lines = stack.log(name).splitlines()
    assert lines
    for line in lines:
        record = json.loads(line)
        assert {"time", "level", "message", "process"} <= record.keys(), line
        assert record["process"] == name
