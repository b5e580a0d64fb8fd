"""Who decides who may listen and speak, wired from configuration."""

from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack

from notifications.adapters.authorizer.caller import HttpAuthorizer
from notifications.adapters.outgoing.http import HttpClient
from notifications.adapters.outgoing.tls import verify
from notifications.app.access import Access
from notifications.app.board import Board
from notifications.app.hub import Hub
from notifications.app.permits import Permits
from notifications.config import AuthorizerConfig
from notifications.domain.families import Family
from notifications.domain.network import check_service
from notifications.lifecycle import Life
from notifications.ports.rooms import RoomStore


async def open_access(
    held: AsyncExitStack,
    config: AuthorizerConfig | None,
    families: Iterable[Family],
    rooms: RoomStore,
    monotonic: Callable[[], float],
) -> Access:
    """Return what decides until `held` is closed. Nothing is connected to before something is asked."""
    authorizer = await _open_authorizer(held, config) if config else None
    return Access(rooms, authorizer, {family.name: family.rule for family in families if family.rule}, monotonic)


def open_permits(life: Life, hub: Hub, board: Board, access: Access) -> Permits:
    """Ask until the process ends whether those who listen still may."""
    permits = Permits(hub, board, access, life.tasks)
    hub.on_refresh = permits.refresh
    life.keep(permits.run(), "permits")
    return permits


async def _open_authorizer(held: AsyncExitStack, config: AuthorizerConfig) -> HttpAuthorizer:
    client = HttpClient(verify(None), timeout=config.timeout_seconds, check=check_service)
    return HttpAuthorizer(config.url, await held.enter_async_context(client))
