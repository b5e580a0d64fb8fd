"""What every storm ends with: each device has all that was accepted for its user, once and in order, counted raw."""

from collections.abc import Mapping, Sequence

from tests.support.follower import Follower
from tests.support.producer import Producer


def check_inboxes(producer: Producer, devices: Mapping[str, Sequence[Follower]], count: int) -> None:
    """Assert it of the devices of each user, `count` notifications in all."""
    assert producer.count == count
    assert not producer.unexpected
    for user, own in devices.items():
        expected = [id for _, id in sorted(producer.accepted[user].items())]
        assert sorted(producer.accepted[user]) == list(range(1, len(expected) + 1)), "numbers without a hole"
        for device in own:
            assert [arrival["id"] for arrival in device.arrivals] == expected
            assert not device.resyncs
            assert not device.refused
