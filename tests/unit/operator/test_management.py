"""What the operator's probes and metrics say."""

from dataclasses import replace

import aiohttp
import pytest

from notification_operator.errors import PortTaken
from notification_operator.management import Address, find_complaint, serve_management
from notification_operator.metrics import Metrics, Reading

WELL = Reading(leads=True, clusters=2, queue_lag=0.5, queue_stall=0.5, watch_age=1.0)


class Engine:
    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def read(self) -> Reading:
        return self.reading


def test_an_engine_that_is_well_has_no_complaint() -> None:
    assert find_complaint(WELL) is None


def test_a_deaf_watch_and_stuck_work_are_complained_of() -> None:
    assert find_complaint(replace(WELL, watch_age=151.0)) == "a change 151 s ago was never told by a watch"
    assert find_complaint(replace(WELL, queue_stall=121.0)) == "no work was finished for 121 s"


def test_much_work_is_no_reason_to_complain() -> None:
    assert find_complaint(replace(WELL, queue_lag=1000.0)) is None


async def test_probes_and_metrics_answer() -> None:
    engine = Engine(WELL)
    async with serve_management(Address("127.0.0.1", 0), engine, Metrics()) as at, aiohttp.ClientSession() as session:
        root = f"http://{at.host}:{at.port}"
        async with session.get(f"{root}/healthz") as answer:
            assert answer.status == 200
        engine.reading = replace(WELL, leads=False, watch_age=1000.0)
        async with session.get(f"{root}/healthz") as answer:
            assert answer.status == 503
        async with session.get(f"{root}/readyz") as answer:
            assert (answer.status, await answer.text()) == (200, "waits to lead\n")
        async with session.get(f"{root}/metrics") as answer:
            assert "notification_operator_watch_age_seconds 1000.0" in await answer.text()


async def test_a_taken_port_is_a_mistake_that_the_user_can_mend() -> None:
    async with serve_management(Address("127.0.0.1", 0), Engine(WELL), Metrics()) as at:
        with pytest.raises(PortTaken, match="choose another with --management-port"):
            async with serve_management(at, Engine(WELL), Metrics()):
                pytest.fail("it listens on a taken port")
