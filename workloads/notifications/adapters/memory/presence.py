"""The port PresenceBus in memory: one object for each gateway, all on the same line."""

from collections.abc import Callable

from notifications.domain.presence import News


class MemoryPresenceLine:
    """What the gateways share. Nobody whose name is in `deaf` hears or is heard."""

    def __init__(self) -> None:
        self.deaf: set[str] = set()
        self.listeners: dict[str, tuple[Callable[[News], None], Callable[[str], None]]] = {}


class MemoryPresenceBus:
    """The end of the gateway `me`."""

    def __init__(self, me: str, line: MemoryPresenceLine) -> None:
        self._me = me
        self._line = line

    def listen(self, on_news: Callable[[News], None], on_question: Callable[[str], None]) -> None:
        """Call these for what comes."""
        self._line.listeners[self._me] = (on_news, on_question)

    def tell(self, news: News, to: str | None = None) -> None:
        """Tell all, or one."""
        for on_news, _ in self._reach(to):
            on_news(news)

    def ask(self, of: str | None = None) -> None:
        """Ask all, or one."""
        for _, on_question in self._reach(of):
            on_question(self._me)

    def _reach(self, name: str | None) -> list[tuple[Callable[[News], None], Callable[[str], None]]]:
        if self._me in self._line.deaf:
            return []
        names = self._line.listeners.keys() - self._line.deaf
        return [self._line.listeners[other] for other in sorted(names) if name in (None, other)]
