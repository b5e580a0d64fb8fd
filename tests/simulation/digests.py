"""Judges digests: each window goes out as one, and tells of everything that was collected for it. Pure."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from notifications.domain.jobs import Channel, Status
from tests.simulation.channels import shorten
from tests.simulation.deliveries import Window
from tests.simulation.evidence import Evidence
from tests.simulation.life import LARGEST_SKEW
from tests.simulation.verdict import Verdict, Violation


def _windows(evidence: Evidence) -> Iterator[Violation]:
    """There is one record for a window, and a notification is in one of them, once."""
    digests = evidence.ended.deliveries.digests
    windows = Counter((window.owner, window.key[1], window.due) for window in digests)
    items = Counter((window.key[1], item) for window in digests for item in window.items)
    for thing, count in [*windows.items(), *items.items()]:
        if count > 1:
            yield Violation(Verdict.TWINS_DIFFER, f"{thing} has {count} digests")


def _editions(evidence: Evidence) -> Iterator[Violation]:
    """Each has gone out, not before its time, with all that was still to be told."""
    lines = evidence.ended.deliveries.lines
    for window in evidence.ended.deliveries.digests:
        line = lines.get(window.key)
        took = [took for took in evidence.took[window.key] if took.at > evidence.restored]
        if any(each.at < window.due - LARGEST_SKEW for each in took):
            yield Violation(Verdict.EARLY, f"{window} went out before its time")
        if line is None or line.state not in (Status.SENT, Status.SKIPPED):
            yield Violation(Verdict.STUCK, f"{window} ended as {line}")
        elif line.state is Status.SENT and not evidence.took[window.key]:
            yield Violation(Verdict.LOST, f"nobody took {window}")
        elif not (line.state is Status.SKIPPED and _has_nowhere_to_go(evidence, window)):
            yield from _contents(evidence, window)


def _contents(evidence: Evidence, window: Window) -> Iterator[Violation]:
    told = {item for took in evidence.took[window.key] for item in took.tells}
    items = {shorten(item): item for item in window.items}
    for item in window.items:
        made = evidence.ended.deliveries.copies.get(item)
        if made is None:
            yield Violation(Verdict.PHANTOM, f"{item} was collected for {window}, and is nothing")
        elif shorten(item) not in told and item not in evidence.ended.read and not evidence.may_vanish(made.marker):
            yield Violation(Verdict.LOST, f"{made} was collected for {window}, which did not tell of it")
    for other in (told - items.keys()) if evidence.restored < 0 else ():
        yield Violation(Verdict.PHANTOM, f"{other} was not collected for {window}, which told of it")


def _has_nowhere_to_go(evidence: Evidence, window: Window) -> bool:
    if window.key[1] is Channel.EMAIL:
        return evidence.people[window.owner].contact.email is None
    return not evidence.ended.deliveries.waking.get(window.owner)


RULES: Final = (_windows, _editions)
