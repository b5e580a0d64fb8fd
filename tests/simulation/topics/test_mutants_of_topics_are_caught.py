"""Every bug of `mutants` is seen within a stated number of seeds, in which the code as it is keeps its promises."""

from dataclasses import dataclass
from functools import cache

import pytest

from tests.simulation.mutants import Mutate
from tests.simulation.topics import mutants
from tests.simulation.topics.checker import check
from tests.simulation.topics.world import run
from tests.simulation.verdict import Verdict
from tests.simulation.weather import Fault

WITHIN = 150


@dataclass(frozen=True, slots=True)
class Case:
    """A mutant, what it is expected to be caught by, and the fault without which it does no harm."""

    mutate: Mutate
    verdicts: frozenset[Verdict]
    certain: frozenset[Fault]


def _case(mutate: Mutate, *verdicts: Verdict, fault: Fault | None = None) -> Case:
    return Case(mutate, frozenset(verdicts), frozenset() if fault is None else frozenset({fault}))


CASES = [
    _case(mutants.ignore_gaps, Verdict.LOST, fault=Fault.LOST_EVENT),
    _case(mutants.show_what_is_old, Verdict.SHOWN_TWICE),
    _case(mutants.look_at_no_ends, Verdict.LOST, Verdict.LATE, fault=Fault.LOST_EVENT),
    _case(mutants.ignore_new_lives, Verdict.LOST),
    _case(mutants.believe_every_cursor, Verdict.LOST),
    _case(mutants.take_the_first_silence_for_the_end, Verdict.LOST, fault=Fault.LAG),
    _case(mutants.replay_nothing, Verdict.LOST),
    _case(mutants.believe_a_full_socket, Verdict.LOST, fault=Fault.SLOW_SOCKET),
    _case(mutants.run_ahead_of_replays, Verdict.LOST),
    _case(mutants.forget_what_replays_showed, Verdict.SHOWN_TWICE),
    _case(mutants.show_by_each_subscription, Verdict.SHOWN_TWICE),
    _case(mutants.replay_for_each_subscription, Verdict.SHOWN_TWICE),
    _case(mutants.pass_no_filter, Verdict.NEEDLESS),
    _case(mutants.keep_gaps_quiet, Verdict.LOST),
    _case(mutants.look_before_listening, Verdict.LOST),
    _case(mutants.keep_interests, Verdict.KEPT),
    _case(mutants.keep_subjects, Verdict.KEPT),
    _case(mutants.keep_saving_who_left, Verdict.KEPT),
    _case(mutants.save_nothing, Verdict.NEEDLESS),
    _case(mutants.save_once, Verdict.NEEDLESS),
    _case(mutants.leave_out_the_tenant, Verdict.ERROR, Verdict.WRONG_RECIPIENT),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.mutate.__name__)
def test_a_mutant_is_caught(case: Case) -> None:
    for innocent in range(_catch(case) + 1):
        assert _keeps_promises(innocent, case.certain)


def test_every_mutant_is_tried() -> None:
    own = {name for name, value in vars(mutants).items() if getattr(value, "__module__", "") == mutants.__name__}
    assert {case.mutate.__name__ for case in CASES} == own


@cache
def _keeps_promises(seed: int, certain: frozenset[Fault]) -> bool:
    return not check(run(seed, certain).history)


def _catch(case: Case) -> int:
    """Return the first seed in which the mutant breaks the promise that it is expected to break."""
    with pytest.MonkeyPatch.context() as patch:
        case.mutate(patch)
        for seed in range(WITHIN):
            verdicts = {violation.verdict for violation in check(run(seed, case.certain).history)}
            if verdicts & case.verdicts:
                return seed
    pytest.fail(f"{case.mutate.__name__} was not caught within {WITHIN} seeds")
