"""One gateway for all who misbehave, and a witness on it who must not notice."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count

import pytest
import pytest_asyncio

from tests.integration.bad_inputs.offender import Offender
from tests.support.device import Device, join
from tests.support.rest import Rest
from tests.support.stack import Stack, run_stack

GATEWAY = "gateway-0"
_numbers = count(1)


@dataclass
class Scene:
    """A running gateway, the witness connected to it, and what the gateway has logged since the last look."""

    stack: Stack
    witness: Device
    read: int = 0

    async def assert_unharmed(self) -> None:
        """The witness is still connected and receives what is sent now; the gateway has logged no failure."""
        assert not self.witness.closed.is_set(), "the witness was disconnected"
        producer = Rest(self.stack.url, self.stack.token("producer", "witness"))
        (placed,) = await producer.notify("witness")
        shown, _ = await self.witness.expect("notification", within=5)
        assert shown["id"] == placed["id"]
        log = self.stack.log(GATEWAY)
        fresh, self.read = log[self.read :], len(log)
        for line in fresh.splitlines():
            record = json.loads(line)
            assert record["level"] not in {"ERROR", "CRITICAL"}, record
            assert "exc_info" not in record, record
        assert "Traceback" not in fresh


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as exits:
        stack = await exits.enter_async_context(run_stack(tmp_path_factory.mktemp("bad-inputs"), gateways=1))
        token = stack.token("witness", "witness")
        witness = await exits.enter_async_context(join(stack.url, token))
        yield Scene(stack, witness)


@pytest_asyncio.fixture(loop_scope="package")
async def offender(scene: Scene) -> AsyncIterator[Offender]:
    """Whoever misbehaves in a test; at its end nobody else may have noticed, and no answer was a failure of ours.

    In each it is somebody else, whose events are not refused for having been too many before.
    """
    offender = Offender(scene.stack, scene.stack.url, f"mallory-{next(_numbers)}")
    yield offender
    assert not [status for status in offender.statuses if status >= 500]
    await scene.assert_unharmed()
