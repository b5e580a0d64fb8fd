"""What happened in the seeds that ran so far: what was promised, what went wrong, and where processes died."""

from collections import Counter
from dataclasses import dataclass, field

from tests.simulation.crashes import NAMED
from tests.simulation.history import Answered, Refused, Retried, Settled, TakenBack, Took, Welcomed
from tests.simulation.plan import FAULTS
from tests.simulation.world import Run

AT_LEAST = 0.01
"""How often a seed each fault strikes, and a process dies at each named point: 10 times in 1,000 seeds."""


@dataclass(slots=True)
class Tally:
    """Counts by kind of thing."""

    seeds: int = 0
    what: Counter[object] = field(default_factory=Counter)

    def add(self, run: Run) -> None:
        """Count what matters."""
        self.seeds += 1
        self.what.update(run.crashes)
        self.what.update(run.faults)
        self.what.update(_kind(event) for event in run.history)

    def rare(self) -> list[str]:
        """Return the faults and named crash points that were too rare, and how often they were."""
        points = {name: self.what[point] for name, point in NAMED.items()}
        faults = {fault.value: self.what[fault] for fault in FAULTS}
        return [f"{name}: {count}" for name, count in (points | faults).items() if count < AT_LEAST * self.seeds]


def _kind(event: object) -> object:
    match event:
        case Answered(status=status):
            return status
        case Welcomed(recovered=recovered):
            return "recovered" if recovered else "greeted afresh"
        case Took(key=(_, channel)):
            return f"{channel} taken"
        case Refused(is_dead=is_dead):
            return "dead device" if is_dead else "refused"
        case Settled(state=state, key=(_, channel)):
            return f"{channel} {state}"
        case TakenBack(is_done=True):
            return "taken back"
        case Retried():
            return "letter retried"
        case _:
            return type(event)
