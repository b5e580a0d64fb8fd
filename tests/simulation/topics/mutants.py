"""Bugs on purpose in topics and recovery, one at a time: a simulation that cannot see them would prove nothing.

Each is a mistake that a change of the code could really make.
"""

import asyncio

import pytest

from notifications.app.board import Board
from notifications.app.follower import Follower, Following
from notifications.app.interests import Interest, Interests
from notifications.app.order import Order
from notifications.app.probe import Heard, Probe
from notifications.app.recovery import Recovery
from notifications.app.session import Session
from notifications.domain import subjects
from notifications.domain.errors import Unavailable
from notifications.domain.topics import Entry, LogEnd
from notifications.ports.bus import Subscription


def ignore_gaps(patch: pytest.MonkeyPatch) -> None:
    """A message is shown though one before it was lost on the way."""

    def take(self: Order, entry: Entry) -> None:
        if entry.seq > self.last(entry.subject):
            self._release(entry)

    patch.setattr(Order, "take", take)


def show_what_is_old(patch: pytest.MonkeyPatch) -> None:
    """A doubled message is shown twice."""
    take = Order.take

    def take_again(self: Order, entry: Entry) -> None:
        if entry.seq == self._last.get(entry.subject):
            self._release(entry)
        else:
            take(self, entry)

    patch.setattr(Order, "take", take_again)


def look_at_no_ends(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks whether the last message of a topic was lost."""

    async def look(self: Probe, heard: Heard) -> None:
        await asyncio.sleep(0)

    patch.setattr(Probe, "look", look)


def ignore_new_lives(patch: pytest.MonkeyPatch) -> None:
    """Numbers of a log that began anew are taken for those of the old one."""
    patch.setattr(Board, "_start_over", lambda self: None)


def believe_every_cursor(patch: pytest.MonkeyPatch) -> None:
    """A replay counts as complete though the log no longer reaches so far back."""
    patch.setattr(LogEnd, "holds_all_after", lambda self, cursor: True)


def take_the_first_silence_for_the_end(patch: pytest.MonkeyPatch) -> None:
    """A server that lags behind is believed that nothing more is there."""
    begin = Follower.begin

    def begin_soon(self: Follower, following: Following, epoch: int) -> None:
        following.silences = 1
        begin(self, following, epoch)

    patch.setattr(Follower, "begin", begin_soon)


def replay_nothing(patch: pytest.MonkeyPatch) -> None:
    """Who comes back is live at once."""
    begin = Follower.begin

    def begin_live(self: Follower, following: Following, epoch: int) -> None:
        following.live = True
        begin(self, following, epoch)

    patch.setattr(Follower, "begin", begin_live)


def believe_a_full_socket(patch: pytest.MonkeyPatch) -> None:
    """What a socket had no room for counts as shown."""
    patch.setattr(Follower, "_fall_behind", lambda self, following: None)


def run_ahead_of_replays(patch: pytest.MonkeyPatch) -> None:
    """The position passes what is still to be replayed."""
    patch.setattr(Follower, "position", property(lambda self: self._shown))


def forget_what_replays_showed(patch: pytest.MonkeyPatch) -> None:
    """What was read from the log is shown again when it comes live."""
    go_live = Follower._go_live

    def go_live_from_nothing(self: Follower, following: Following) -> None:
        go_live(self, following)
        following.floor = 0

    patch.setattr(Follower, "_go_live", go_live_from_nothing)


def show_by_each_subscription(patch: pytest.MonkeyPatch) -> None:
    """Two subscriptions that match show a message twice."""

    def release(self: Board, entry: Entry) -> None:
        for interest in self._interests.matching(entry.subject):
            interest.newest = max(interest.newest, entry.seq)
            said = self._reader.prepare(entry)
            for follower, following in tuple(interest.followers.items()) if said else ():
                assert said is not None
                follower.show(said, (following,))

    patch.setattr(Board, "release", release)


def replay_for_each_subscription(patch: pytest.MonkeyPatch) -> None:
    """Two subscriptions that match replay a message twice."""
    patch.setattr(Follower, "_lacks", lambda self, following, said: following.wants(said))


def pass_no_filter(patch: pytest.MonkeyPatch) -> None:
    """Filters are not asked."""
    patch.setattr(Following, "wants", lambda self, said: True)


def keep_gaps_quiet(patch: pytest.MonkeyPatch) -> None:
    """Nobody is told what is lost for good."""
    patch.setattr(Follower, "tell_gap", lambda self, topic, reason: None)


def look_before_listening(patch: pytest.MonkeyPatch) -> None:
    """What is said between the look at the log's end and the subscription is in neither."""

    async def listen(self: Interests, interest: Interest) -> Subscription | Unavailable:
        try:
            base = (await self._find_end()).last
            subscription = await self._bus.subscribe(interest.topic, self._on_entry)
        except Unavailable as error:
            return error
        interest.base = base + 1
        return subscription

    patch.setattr(Interests, "_listen", listen)


def keep_interests(patch: pytest.MonkeyPatch) -> None:
    """What nobody follows any more is listened to for ever."""
    patch.setattr(Interests, "leave", lambda self, interest: None)


def keep_subjects(patch: pytest.MonkeyPatch) -> None:
    """Subjects of wildcards that nobody follows any more are remembered for ever."""
    patch.setattr(Order, "tidy", lambda self: None)


def keep_saving_who_left(patch: pytest.MonkeyPatch) -> None:
    """A gateway saves the sessions of all who ever came."""
    patch.setattr(Recovery, "leave", lambda self, session: None)
    patch.setattr(Recovery, "forget", lambda self, session: None)


def save_nothing(patch: pytest.MonkeyPatch) -> None:
    """Who is told that it follows is not saved."""

    async def save(self: Recovery, session: Session) -> None:
        await asyncio.sleep(0)

    patch.setattr(Recovery, "save", save)


def save_once(patch: pytest.MonkeyPatch) -> None:
    """What was saved is gone while its connection lasts."""

    async def run(self: Recovery) -> None:
        await asyncio.Event().wait()

    patch.setattr(Recovery, "run", run)


def leave_out_the_tenant(patch: pytest.MonkeyPatch) -> None:
    """Two tenants have a topic of the same name."""
    patch.setattr(subjects, "_topic", lambda tenant, tokens: ".".join(["any", *tokens]))
