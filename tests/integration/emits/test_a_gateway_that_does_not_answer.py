"""Gateways acknowledge broadcasts: who does not is named after 5 s, and who is back answers again."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.integration.emits.conftest import ADMIN, Caller
from tests.integration.gateway.lone_gateway import run_lone_gateway
from tests.support.device import join
from tests.support.rest import Rest
from tests.support.stack import Stack


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that stands still until the end."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_a_gateway_that_stands_still_is_missing_after_five_seconds(private_stack: Stack) -> None:
    stack = private_stack
    async with (
        run_lone_gateway(stack, "asked") as asked,
        join(asked.internal_url, stack.token("ann")) as here,
        join(stack.internal_url("gateway-0"), stack.token("ann")) as elsewhere,
        join(stack.internal_url("gateway-1"), stack.token("ann")) as late,
    ):
        caller = Caller(Rest(asked.url, stack.token("root", **ADMIN)))  # type: ignore[arg-type]
        assert (await caller.broadcast({"all": True}, {"n": 0})).body == {
            "gateways": 3, "delivered": 3, "skipped": 0, "missing": []
        }  # fmt: skip
        begun = time.monotonic()
        with stopped(stack.workloads["gateway-1"].pid):
            answer = await caller.broadcast({"all": True}, {"n": 1})
            took = time.monotonic() - begun
            assert (answer.status, answer.body) == (
                200, {"gateways": 2, "delivered": 2, "skipped": 0, "missing": ["gateway-1"]}
            )  # fmt: skip
            assert 4.9 < took < 7
            for device in (here, elsewhere):
                assert [(await device.expect("news:breaking"))[0] for _ in range(2)] == [{"n": 0}, {"n": 1}]
        assert [(await late.expect("news:breaking"))[0] for _ in range(2)] == [{"n": 0}, {"n": 1}]
        answer = await caller.broadcast({"all": True}, {"n": 2})
        assert (answer.body["gateways"], answer.body["missing"]) == (3, [])
