"""How fast gateways that stop move their clients to the others. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """What the others bear, and the time there is.

    All gateways together move at most `per_second` clients a second. Each holds up to `connections`, and has `seconds`
    before its process is ended. Those that may stop at once have to fit: gateways * connections / seconds is at most
    `per_second`.
    """

    per_second: float
    connections: int
    seconds: float

    def share(self, movers: int | None, clients: int) -> float:
        """Return how many of its `clients` a gateway moves a second while so many gateways move theirs.

        Who cannot tell how many (None) takes the least that is enough for a full gateway: that fits even if all move
        theirs. Who could not be done in time goes faster than its share, since clients of a process that is ended come
        back all at once.
        """
        fair = self.per_second / movers if movers else min(self.per_second, self.connections / self.seconds)
        return max(fair, clients / self.seconds)

    def latest(self, moved: int, clients: int) -> float:
        """Return after how many seconds `moved` of `clients` have to be, so that all are in time."""
        return self.seconds * moved / max(clients, 1)
