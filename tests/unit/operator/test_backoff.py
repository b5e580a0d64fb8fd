"""How long a process that died stays dead."""

from itertools import islice

from notification_operator.local.backoff import Backoff


def test_the_delay_doubles_from_one_second_to_thirty() -> None:
    def delays() -> list[float]:
        backoff, seen = Backoff(), []
        for _ in range(8):
            backoff = backoff.after_death(ready_for=1.0)
            seen.append(backoff.delay)
        return seen

    assert list(islice(delays(), 8)) == [1, 2, 4, 8, 16, 30, 30, 30]


def test_a_minute_of_health_starts_over() -> None:
    assert Backoff(16.0).after_death(ready_for=60.0) == Backoff(1.0)
    assert Backoff(16.0).after_death(ready_for=59.9) == Backoff(30.0)
