"""Judges what became of every copy on every channel beside the socket: mail, push, webhooks, and dead letters. Pure."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final
from uuid import UUID

from notifications.domain.attempt import ATTEMPTS
from notifications.domain.jobs import Channel, Status
from notifications.domain.limits import JOB_TAKEOVERS
from notifications.domain.notification import UserKey
from notifications.domain.preferences import Preference
from tests.simulation.deliveries import Key, Line, Made
from tests.simulation.evidence import Evidence
from tests.simulation.history import Asked, Settled
from tests.simulation.life import LARGEST_SKEW
from tests.simulation.person import INSTANT, MIDNIGHT
from tests.simulation.verdict import Verdict, Violation

IN_THE_INBOX: Final = frozenset({Status.SENT, Status.OFFLINE, Status.DEAD})
"""Outcomes on the socket that a push message follows."""


def shorten(id: UUID) -> str:
    """Return how the text of a message names a notification."""
    return str(id)[-12:]


def _copies(evidence: Evidence) -> Iterator[Violation]:
    """What was accepted is in the database, once for each recipient."""
    copies = evidence.ended.deliveries.copies
    for answer in evidence.answers:
        for copy in answer.copies if answer.at > evidence.restored else ():
            if copies.get(copy.id) != Made(UserKey(evidence.asked[answer.marker].tenant, copy.user), answer.marker):
                yield Violation(Verdict.LOST, f"{answer.marker} was answered with {copy}, of which nothing is known")
    for made, count in Counter(copies.values()).items():
        if count > 1:
            yield Violation(Verdict.TWINS_DIFFER, f"there are {count} copies of {made}")


def _members(evidence: Evidence) -> Iterator[Violation]:
    """What was sent to a room has a copy for each of its members, and for nobody else."""
    copies = evidence.ended.deliveries.copies.values()
    for answer in evidence.answers:
        asked = evidence.asked[answer.marker]
        if asked.room is None or answer.status != 201 or answer.at <= evidence.restored:
            continue
        missing = {UserKey(asked.tenant, user) for user in asked.users} - {
            made.owner for made in copies if made.marker == asked.marker
        }
        if missing and asked.marker not in evidence.taken_back:
            yield Violation(Verdict.LOST, f"{asked.marker} was sent to {asked.room}, without copies for {missing}")
    for made in copies:
        asked = evidence.asked[made.marker]
        if made.owner.tenant != asked.tenant or made.owner.user not in asked.users:
            yield Violation(Verdict.WRONG_RECIPIENT, f"{made} was for {asked.users}")


def _outcomes(evidence: Evidence) -> Iterator[Violation]:
    """Every copy has an outcome on every channel that it was to go over, and one that is true."""
    lines = evidence.ended.deliveries.lines
    for id, made in evidence.ended.deliveries.copies.items():
        for channel in _owed(evidence, id, made):
            line = lines.get((id, channel))
            if line is None:
                yield Violation(Verdict.LOST, f"nothing became of {made} on {channel}")
            elif detail := _find_lie(evidence, (id, channel), made, line):
                yield Violation(*detail)


def _owed(evidence: Evidence, id: UUID, made: Made) -> Iterator[Channel]:
    """Yield the channels that a copy was to go over, by what the producer named and its recipient wished."""
    asked, person = evidence.asked[made.marker], evidence.people[made.owner]
    yield Channel.WEBSOCKET
    for channel in (Channel.EMAIL, Channel.WEBHOOK):
        wish = person.wish(channel)
        if channel in asked.channels if asked.channels is not None else wish is not None and wish.enabled:
            yield channel
    if _is_push_owed(evidence, id, made, asked):
        yield Channel.PUSH


def _is_push_owed(evidence: Evidence, id: UUID, made: Made, asked: Asked) -> bool:
    """Say so where the inbox has an outcome and there is a device: seen or not, that is for the job to find out."""
    deliveries = evidence.ended.deliveries
    if asked.channels is not None and Channel.PUSH not in asked.channels:
        return False
    if not asked.is_shown:
        return True
    inbox = deliveries.lines.get((id, Channel.WEBSOCKET))
    return inbox is not None and inbox.state in IN_THE_INBOX and bool(deliveries.waking.get(made.owner))


def _find_lie(evidence: Evidence, key: Key, made: Made, line: Line) -> tuple[Verdict, str] | None:
    """Return what is wrong with an outcome, None if it is right."""
    what, told = f"{made} on {key[1]} ended as {line}", None
    match line.state:
        case Status.SENT:
            told = None if _was_taken(evidence, key, made.owner) else (Verdict.LOST, f"{what}, and nobody took it")
        case Status.SKIPPED:
            told = None if _may_skip(evidence, key, made, line) else (Verdict.LOST, what)
        case Status.GONE | Status.CANCELLED | Status.DEAD:  # all letters were tried again in calm weather
            told = None if evidence.may_vanish(made.marker) else (Verdict.LOST, what)
        case Status.DIGESTED:
            digests = [window for window in evidence.ended.deliveries.digests if window.key[1] is key[1]]
            owners = [window.owner for window in digests if key[0] in window.items]
            told = None if owners == [made.owner] else (Verdict.LOST, f"{what}, and is in digests of {owners}")
        case Status.OFFLINE if key[1] is Channel.WEBSOCKET:
            told = None
        case _:
            told = Verdict.STUCK, what
    return told


def _was_taken(evidence: Evidence, key: Key, owner: UserKey) -> bool:
    """Say whether a provider took a message, and one for each device that is left or did not refuse it."""
    if key[1] is Channel.WEBSOCKET:
        return True  # the rules about devices say more
    took, refused = evidence.took[key], evidence.refused[key]
    if key[1] is not Channel.PUSH:
        return bool(took)
    left = evidence.ended.deliveries.waking.get(owner, ())
    return bool(took) and set(left) <= {event.device for event in took} | {event.device for event in refused}


def _may_skip(evidence: Evidence, key: Key, made: Made, line: Line) -> bool:
    ended, person = evidence.ended, evidence.people[made.owner]
    wish = person.wish(key[1])
    reasons: dict[str, Callable[[], bool]] = {
        "the producer named other channels": lambda: not evidence.asked[made.marker].is_shown,
        "read meanwhile": lambda: key[0] in ended.read,
        "seen on a socket": lambda: key[0] in ended.deliveries.delivered,
        "disabled by the user": lambda: wish is not None and not wish.enabled,
        "no mail address is known of the recipient": lambda: person.contact.email is None,
        "no webhook is known of the recipient": lambda: person.contact.webhook is None,
        "the recipient has no device": lambda: not ended.deliveries.waking.get(made.owner),
        "no device of the recipient is left": lambda: not ended.deliveries.waking.get(made.owner),
    }
    return line.reason in reasons and reasons[line.reason]()


def _messages(evidence: Evidence) -> Iterator[Violation]:
    """What providers took is of the database, for whom it was, and under the one name that it has."""
    deliveries = evidence.ended.deliveries
    owners = {id: made.owner for id, made in deliveries.copies.items()}
    owners |= {window.key[0]: window.owner for window in deliveries.digests}
    for took in (took for messages in evidence.took.values() for took in messages if took.at > evidence.restored):
        owner = owners.get(took.key[0])
        if owner is None:
            yield Violation(Verdict.PHANTOM, f"{took} is of nothing in the database")
        elif owner != took.to:
            yield Violation(Verdict.WRONG_RECIPIENT, f"{took} was for {owner}")
        elif took.key[0] in deliveries.copies and took.tells != (shorten(took.key[0]),):
            yield Violation(Verdict.TWINS_DIFFER, f"{took} goes by the name of another")


def _needless(evidence: Evidence) -> Iterator[Violation]:
    """Nothing is sent on the strength of what was read after it was settled, read, seen or taken back."""
    ended = evidence.ended
    for key, messages in evidence.took.items():
        over = [event.at for event in evidence.settled[key] if event.is_over and event.state is not Status.DEAD]
        ends = {"settled": max((at for at in over if at > evidence.restored), default=None)}
        if key[0] in ended.deliveries.copies and key[1] is not Channel.WEBHOOK:
            ends["read"] = ended.read.get(key[0])
        if key[0] in ended.deliveries.copies:
            ends["taken back"] = evidence.taken_back.get(ended.deliveries.copies[key[0]].marker)
        if key[1] is Channel.PUSH:
            ends["seen"] = ended.deliveries.delivered.get(key[0])
        for took in (took for took in messages if took.at > evidence.restored):
            for why, at in ends.items():
                if at is not None and evidence.restored < at < took.since:
                    yield Violation(Verdict.NEEDLESS, f"{took}, though it was {why} at {at:.3f}")


def _earliest(evidence: Evidence) -> Iterator[Violation]:
    """Nothing is sent before its time, in quiet hours, or by itself to who wishes for digests or for nothing."""
    for (id, channel), messages in evidence.took.items():
        made = evidence.ended.deliveries.copies.get(id)
        for took in (took for took in messages if made and took.at > evidence.restored):
            asked = evidence.asked[made.marker] if made else None
            if asked and took.at < _due(evidence, asked, took.to, channel) - LARGEST_SKEW:
                yield Violation(Verdict.EARLY, f"{took} of {asked} before its time")
            wish = (evidence.people[took.to].wish(channel) or INSTANT) if asked else INSTANT
            if asked and not asked.bypasses and not _is_single(wish):
                yield Violation(Verdict.NEEDLESS, f"{took}, though {took.to} wished for {wish}")


def _due(evidence: Evidence, asked: Asked, owner: UserKey, channel: Channel) -> float:
    return max(asked.due, MIDNIGHT if evidence.is_quiet(owner, asked, channel) else 0.0)


def _is_single(wish: Preference) -> bool:
    return wish.enabled and wish.frequency is INSTANT.frequency


def _letters(evidence: Evidence) -> Iterator[Violation]:
    """Only what is really hopeless is given up, and it leaves a letter."""
    deliveries = evidence.ended.deliveries
    for key, settled in evidence.settled.items():
        for event in (event for event in settled if event.state is Status.DEAD):
            if not event.buried:
                yield Violation(Verdict.LOST, f"{event} left no letter")
            if not _is_hopeless(evidence, key, event):
                yield Violation(Verdict.GIVEN_UP, f"{event}")
    for key in (key for key in deliveries.dead if deliveries.lines[key].state is not Status.DEAD):
        yield Violation(Verdict.PHANTOM, f"there is a letter of {key}, which ended as {deliveries.lines[key]}")


def _retries(evidence: Evidence) -> Iterator[Violation]:
    """Who retries a letter sees what becomes of it."""
    for retried in (retried for retried in evidence.retried if retried.at > evidence.restored):
        if not any(event.at >= retried.asked_at and event.is_over for event in evidence.settled[retried.key]):
            yield Violation(Verdict.LOST, f"nothing became of {retried}")


def _is_hopeless(evidence: Evidence, key: Key, event: Settled) -> bool:
    if event.attempts >= ATTEMPTS[key[1]] and key[1] is not Channel.WEBSOCKET:
        return True
    if event.reason and event.reason.startswith("handed out"):
        return _count_takeovers(evidence, key, event) >= JOB_TAKEOVERS
    return any(refused.at <= event.at for refused in evidence.refused[key])


def _count_takeovers(evidence: Evidence, key: Key, event: Settled) -> int:
    """Return how often a job was handed out without being put back in order, leaving out the first time."""
    given = sum(at <= event.at for at in evidence.handed_out[event.job])
    return given - 1 - sum(put.at < event.at for put in evidence.settled[key] if put.job == event.job)


def _dead_devices(evidence: Evidence) -> Iterator[Violation]:
    """A device whose token is found dead in calm weather is forgotten; before that, the database may be away."""
    waking = {device for devices in evidence.ended.deliveries.waking.values() for device in devices}
    for refused in (event for events in evidence.refused.values() for event in events):
        if refused.is_dead and refused.at > evidence.cleared and refused.device in waking:
            yield Violation(Verdict.STUCK, f"{refused}, and the device is still there")


RULES: Final = (_copies, _members, _outcomes, _messages, _needless, _earliest, _letters, _retries, _dead_devices)
