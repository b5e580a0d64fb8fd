"""A watch that has gone deaf is noticed, and one that is merely slow is not."""

from notification_operator.hearing import REMEMBERED, Hearing


def test_what_no_watch_told_of_grows_old() -> None:
    hearing = Hearing()
    hearing.read("a", "5", now=10.0)
    assert hearing.measure_age(now=70.0) == 60.0


def test_what_is_heard_is_forgotten() -> None:
    hearing = Hearing()
    hearing.read("a", "5", now=10.0)
    hearing.hear("a", "6")
    assert hearing.measure_age(now=70.0) == 0.0


def test_an_older_version_does_not_count() -> None:
    hearing = Hearing()
    hearing.read("a", "5", now=10.0)
    hearing.hear("a", "4")
    assert hearing.measure_age(now=11.0) == 1.0


def test_later_readings_do_not_make_the_first_younger() -> None:
    hearing = Hearing()
    hearing.read("a", "5", now=10.0)
    hearing.read("a", "7", now=50.0)
    assert hearing.measure_age(now=60.0) == 50.0


def test_what_was_heard_before_it_was_read_is_known() -> None:
    hearing = Hearing()
    hearing.hear("a", "5")
    hearing.read("a", "5", now=10.0)
    assert hearing.measure_age(now=70.0) == 0.0


def test_a_late_reading_of_what_is_gone_is_no_change() -> None:
    hearing = Hearing()
    hearing.hear_end("a", "6")
    hearing.read("a", "5", now=10.0)
    assert hearing.measure_age(now=70.0) == 0.0


def test_only_so_many_that_are_gone_are_remembered() -> None:
    hearing = Hearing()
    for number in range(REMEMBERED + 1):
        hearing.hear_end(str(number), "6")
    hearing.read("0", "5", now=10.0)
    assert hearing.measure_age(now=11.0) == 1.0
