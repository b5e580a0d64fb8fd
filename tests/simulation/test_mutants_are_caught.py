"""Every bug of `mutants` and `channel_mutants` is seen within a stated number of seeds.

In these seeds the code as it is keeps its promises.
"""

from dataclasses import dataclass
from functools import cache
from types import ModuleType

import pytest

from tests.simulation import channel_mutants, mutants
from tests.simulation.checker import check
from tests.simulation.mutants import Mutate
from tests.simulation.verdict import Verdict
from tests.simulation.weather import Fault
from tests.simulation.world import run

WITHIN = 100


@dataclass(frozen=True, slots=True)
class Case:
    """A mutant, the fault without which it does no harm, and what it is expected to be caught by."""

    mutate: Mutate
    verdicts: frozenset[Verdict]
    fault: Fault | None = None


def _case(mutate: Mutate, *verdicts: Verdict, fault: Fault | None = None) -> Case:
    return Case(mutate, frozenset(verdicts), fault)


CASES = [
    _case(mutants.acknowledge_before_settling, Verdict.STUCK),
    _case(mutants.settle_nothing_in_an_outage, Verdict.STUCK),
    _case(mutants.mark_before_publishing, Verdict.STUCK),
    _case(mutants.publish_before_commit, Verdict.STUCK, Verdict.LATE),
    _case(mutants.offer_as_the_first, Verdict.BROKEN_CHAIN, Verdict.LOST),
    _case(mutants.go_live_without_reading, Verdict.LATE),
    _case(mutants.forget_what_arrives_meanwhile, Verdict.LATE),
    _case(mutants.ignore_gaps, Verdict.BROKEN_CHAIN, Verdict.LOST),
    _case(mutants.show_what_is_old, Verdict.SHOWN_TWICE, Verdict.REORDERED, fault=Fault.DOUBLED_EVENT),
    _case(mutants.ignore_the_epoch, Verdict.LOST, fault=Fault.RESTORE),
    _case(mutants.drop_the_key, Verdict.TWINS_DIFFER),
    _case(mutants.take_unknown_for_committed, Verdict.LOST, fault=Fault.LOST_REQUEST),
    _case(mutants.try_again_when_unknown, Verdict.TWINS_DIFFER, fault=Fault.LOST_ANSWER),
    _case(mutants.jump_to_the_head, Verdict.LOST, Verdict.BROKEN_CHAIN),
    _case(mutants.believe_a_full_socket, Verdict.LOST, Verdict.BROKEN_CHAIN, fault=Fault.SLOW_SOCKET),
    _case(mutants.lag_the_cursor, Verdict.SHOWN_TWICE, Verdict.BROKEN_CHAIN),
    _case(mutants.trust_in_wake_ups, Verdict.LOST, Verdict.STUCK, Verdict.LATE, fault=Fault.LOST_EVENT),
    _case(mutants.keep_the_old_stream, Verdict.STUCK, fault=Fault.WIPE),
    _case(mutants.leave_out_the_tenant, Verdict.WRONG_RECIPIENT),
    _case(mutants.give_up_releasing, Verdict.STUCK),
    _case(mutants.show_at_once, Verdict.EARLY),
    _case(mutants.forget_how_far_a_room_is, Verdict.TWINS_DIFFER),
    _case(mutants.hand_out_chunks_once, Verdict.STUCK, Verdict.LOST),
    _case(channel_mutants.keep_the_turn, Verdict.STUCK),
    _case(channel_mutants.retry_in_the_old_turn, Verdict.STUCK, Verdict.LOST, fault=Fault.REFUSED),
    _case(channel_mutants.leave_digests_open, Verdict.LOST, fault=Fault.SKEW),
    _case(channel_mutants.settle_before_collecting, Verdict.LOST, fault=Fault.SKEW),
    _case(channel_mutants.open_a_digest_for_each, Verdict.TWINS_DIFFER),
    _case(channel_mutants.collect_after_the_settling, Verdict.TWINS_DIFFER, fault=Fault.DOUBLED_JOB),
    _case(channel_mutants.name_mails_afresh, Verdict.PHANTOM),
    _case(channel_mutants.drop_the_follow_up, Verdict.LOST),
    _case(channel_mutants.follow_only_the_offline, Verdict.LOST),
    _case(channel_mutants.wake_who_has_seen, Verdict.NEEDLESS),
    _case(channel_mutants.mail_what_was_read, Verdict.NEEDLESS),
    _case(channel_mutants.count_attempts_by_the_queue, Verdict.GIVEN_UP, fault=Fault.PROVIDER_AWAY),
    _case(channel_mutants.forget_hand_outs, Verdict.GIVEN_UP, fault=Fault.PROVIDER_AWAY),
    _case(channel_mutants.bury_without_removing, Verdict.STUCK, fault=Fault.REFUSED),
    _case(channel_mutants.bury_without_a_letter, Verdict.LOST, fault=Fault.REFUSED),
    _case(channel_mutants.keep_dead_devices, Verdict.STUCK, fault=Fault.DEAD_TOKEN),
    _case(channel_mutants.forget_who_sleeps, Verdict.LOST, fault=Fault.PROVIDER_AWAY),
    _case(channel_mutants.take_a_failure_for_sent, Verdict.LOST, fault=Fault.PROVIDER_AWAY),
    _case(channel_mutants.disturb, Verdict.EARLY),
    _case(channel_mutants.bring_what_was_settled, Verdict.NEEDLESS, fault=Fault.DOUBLED_JOB),
    _case(channel_mutants.take_back_what_is_shown_only, Verdict.NEEDLESS),
    _case(channel_mutants.spend_what_waits, Verdict.STUCK, fault=Fault.PROVIDER_AWAY),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.mutate.__name__)
def test_a_mutant_is_caught(case: Case) -> None:
    for innocent in range(_catch(case) + 1):
        assert _keeps_promises(innocent, _certain(case))


def test_every_mutant_is_tried() -> None:
    assert {case.mutate.__name__ for case in CASES} == _written(mutants) | _written(channel_mutants)


@cache
def _keeps_promises(seed: int, certain: frozenset[Fault]) -> bool:
    return not check(run(seed, certain).history)


def _written(module: ModuleType) -> set[str]:
    own = {name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__}
    return {name for name in own if not name.startswith("_")}


def _catch(case: Case) -> int:
    """Return the first seed in which the mutant breaks the promise that it is expected to break."""
    with pytest.MonkeyPatch.context() as patch:
        case.mutate(patch)
        for seed in range(WITHIN):
            verdicts = {violation.verdict for violation in check(run(seed, _certain(case)).history)}
            if verdicts & case.verdicts:
                return seed
    pytest.fail(f"{case.mutate.__name__} was not caught within {WITHIN} seeds")


def _certain(case: Case) -> frozenset[Fault]:
    return frozenset() if case.fault is None else frozenset({case.fault})
