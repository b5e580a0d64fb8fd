"""Topics: names of what is said to many, and what the log holds of it. The room `group:7` is the topic `group.7`."""

from dataclasses import dataclass

from notifications.domain import subjects


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of a tenant, or with wildcards a set of them: `*` stands for a token, `>` at the end for one or more."""

    tenant: str
    tokens: tuple[str, ...]

    @property
    def name(self) -> str:
        """How clients write it."""
        return ".".join(self.tokens)

    @property
    def family(self) -> str:
        """What its rule goes by."""
        return self.tokens[0]

    @property
    def is_exact(self) -> bool:
        """Whether it is one topic."""
        return subjects.WILDCARDS.isdisjoint(self.tokens)

    @property
    def subject(self) -> str:
        """The subject on which its messages are told, which is its identity within a gateway."""
        return subjects.live(self.tenant, self.tokens)


@dataclass(frozen=True, slots=True)
class Entry:
    """A message as the log holds it. `prev` is the number of the one before it on its subject, 0 if there was none.

    `subject` is that of an exact topic. What a page holds says of `prev` only that nothing is missing between the two.
    """

    subject: str
    seq: int
    prev: int
    body: bytes


@dataclass(frozen=True, slots=True)
class LogPage:
    """Entries in order, without holes; all up to `upto` are among them unless `more` follow."""

    entries: tuple[Entry, ...]
    upto: int
    more: bool


@dataclass(frozen=True, slots=True)
class LogEnd:
    """One life of the log, by its epoch, and its numbers: `first` is the oldest kept, `last` 0 before the first one."""

    epoch: int
    first: int
    last: int
