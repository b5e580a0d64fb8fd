"""NATS does not say when all its servers know of an interest: what was lost before is found soon after each join."""

import asyncio

from notifications.domain.limits import TOPIC_PROBE_AFTER_JOIN, TOPIC_SETTLED
from tests.unit.workloads.app.test_topics_are_shown_once_in_order import Device, World, lose
from tests.unit.workloads.app.world import in_virtual_time


def test_a_join_just_before_the_look_after_another_has_its_own() -> None:
    async def work() -> None:
        world, device = World(), Device()
        await world.follow(world.open(Device()), "orders.1")
        await asyncio.sleep(0.8 * TOPIC_PROBE_AFTER_JOIN)
        await world.follow(world.open(device), "orders.2")
        await asyncio.sleep(0.5 * TOPIC_PROBE_AFTER_JOIN)
        lose(world, lambda _: True)
        await world.say("orders.2", "lost")
        await asyncio.sleep(TOPIC_PROBE_AFTER_JOIN + 2 * TOPIC_SETTLED)
        assert device.said() == ["lost"]
        await world.tasks.stop()

    in_virtual_time(work)
