"""What gateways tell each other of who is there: at most once, what one of them tells in its order."""

from collections.abc import Callable
from typing import Protocol

from notifications.domain.presence import News


class PresenceBus(Protocol):
    """One gateway's end. What is sent while the bus is away is lost silently: `News.version` shows it."""

    def listen(self, on_news: Callable[[News], None], on_question: Callable[[str], None]) -> None:
        """Call `on_news` for what any gateway tells all or this one, this one included, from now on.

        `on_question` is called with the name of a gateway that wants to be told all.
        """
        ...

    def tell(self, news: News, to: str | None = None) -> None:
        """Tell all gateways, or one by its name."""
        ...

    def ask(self, of: str | None = None) -> None:
        """Ask all gateways, or one, to tell this one all."""
        ...
