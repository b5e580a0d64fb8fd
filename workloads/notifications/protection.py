"""What protects a gateway from its clients, wired from adapters."""

import asyncio
from collections.abc import Awaitable, Callable

from notifications.adapters.nats.spend import NatsSpendBus
from notifications.adapters.socketio.entrance import Policy
from notifications.app.addresses import Addresses, Visits
from notifications.app.event_budget import EventBudget, Share
from notifications.app.fleet import Fleet
from notifications.app.overload import Overload
from notifications.app.roll_call import RollCall
from notifications.config import GatewayConfig, LimitsConfig
from notifications.domain.notification import UserKey
from notifications.lifecycle import Life


def build_policy(config: GatewayConfig) -> Policy:
    """Return who may come in."""
    limits = config.limits.addresses
    visits = Visits(limits.connections, limits.handshakes_per_second)
    addresses = Addresses(visits, asyncio.get_running_loop().time) if visits.any else None
    return Policy(config.cors.origins, addresses, limits.trusted_proxies)


def open_budget(
    life: Life, limits: LimitsConfig, bus: NatsSpendBus, roll_call: RollCall, fleet: Fleet
) -> Callable[[UserKey], Awaitable[None]]:
    """Return what counts an event of a user until the process ends."""

    def count_gateways(owner: UserKey) -> int:
        """Who has just come may be anywhere else as well."""
        if (elsewhere := roll_call.elsewhere(owner)) is None:
            return min(len(fleet), limits.connections_per_user)
        return 1 + sum(fleet.address_of(gateway) is not None for gateway in elsewhere)

    monotonic = asyncio.get_running_loop().time
    share = Share(limits.events_per_minute, count_gateways, monotonic, roll_call.settles_in)
    budget = EventBudget(bus, share)
    life.keep(budget.run(), "event budget")
    return budget.spend


def watch_overload(life: Life) -> Overload:
    """Return what says whether this process takes no more clients for being late."""
    overload = Overload(asyncio.get_running_loop().time)
    life.keep(overload.run(), "overload watch")
    return overload
