"""`/api/notifications/preferences`, and `/api/admin/preferences` for what a tenant wishes for its users."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from typing import Annotated, Final

import msgspec
from aiohttp import web
from msgspec import Meta

from notifications.adapters.http.answers import PreferenceAnswer, PreferencesAnswer, QuietHoursAnswer
from notifications.adapters.http.authentication import Verify, authenticate
from notifications.adapters.http.bodies import Body, decode
from notifications.adapters.http.operation import Caller, Operation
from notifications.domain import limits
from notifications.domain.errors import Invalid
from notifications.domain.jobs import Channel
from notifications.domain.local_time import find_zone
from notifications.domain.preferences import EVERY_TYPE, Entry, Frequency, Preference, QuietHours
from notifications.domain.principal import require_admin
from notifications.domain.text import check_type
from notifications.ports.store import PreferenceStore

Wall = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
ZoneName = Annotated[str, Meta(min_length=1, max_length=64)]


class QuietHoursBody(Body, frozen=True):
    """Such as 22:00 to 07:00."""

    start: Wall
    end: Wall


class PreferenceBody(Body, frozen=True):
    """One entry; the type `*` is for those that have no entry of their own."""

    notification_type: str
    channel: Channel
    enabled: bool = True
    frequency: Frequency = Frequency.INSTANT
    quiet_hours: QuietHoursBody | None = None
    time_zone: ZoneName = "UTC"


Preferences = Annotated[list[PreferenceBody], Meta(max_length=limits.MAX_PREFERENCES)]
_decoder: Final = msgspec.json.Decoder(Preferences)


@dataclass(frozen=True, slots=True)
class PreferencesApi:
    """The routes and what they stand on. PUT sets the entries that it names and leaves the others; both answer all."""

    verify: Verify
    store: PreferenceStore

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/api/notifications/preferences", self.list),
            web.put("/api/notifications/preferences", self.put),
            web.get("/api/admin/preferences", self.list_defaults),
            web.put("/api/admin/preferences", self.put_defaults),
        ]

    @Operation(Caller.USER, {200: PreferencesAnswer})
    async def list(self, request: web.Request) -> web.Response:
        """Return the caller's own entries."""
        owner = authenticate(request, self.verify).owner
        return _answer(await self.store.preferences(owner))

    @Operation(Caller.USER, {200: PreferencesAnswer}, body=Preferences)
    async def put(self, request: web.Request) -> web.Response:
        """Set entries of the caller."""
        owner = authenticate(request, self.verify).owner
        await self.store.prefer(owner, read_preferences(await request.read()))
        return _answer(await self.store.preferences(owner))

    @Operation(Caller.ADMIN, {200: PreferencesAnswer})
    async def list_defaults(self, request: web.Request) -> web.Response:
        """Return the entries of the caller's tenant."""
        return _answer(await self.store.defaults(self._tenant(request)))

    @Operation(Caller.ADMIN, {200: PreferencesAnswer}, body=Preferences)
    async def put_defaults(self, request: web.Request) -> web.Response:
        """Set entries of the caller's tenant."""
        tenant = self._tenant(request)
        await self.store.set_defaults(tenant, read_preferences(await request.read()))
        return _answer(await self.store.defaults(tenant))

    def _tenant(self, request: web.Request) -> str:
        principal = authenticate(request, self.verify)
        require_admin(principal)
        return principal.owner.tenant


def read_preferences(raw: bytes) -> list[Entry]:
    """Decode and check a body. Raises Invalid, naming the field."""
    return [_entry(body) for body in decode(_decoder, raw)]


def _entry(body: PreferenceBody) -> Entry:
    type_ = body.notification_type
    zone = find_zone(body.time_zone)
    quiet = _quiet_hours(body)
    preference = Preference(
        enabled=body.enabled,
        frequency=body.frequency,
        quiet_hours=quiet and QuietHours(*quiet, zone),
        zone=zone,
    )
    name = type_ if type_ == EVERY_TYPE else check_type(type_, "notificationType")
    return Entry(name, body.channel, preference)


def _quiet_hours(body: PreferenceBody) -> tuple[time, time] | None:
    hours = body.quiet_hours
    if hours is None:
        return None
    if hours.start == hours.end:
        raise Invalid("quietHours.start and quietHours.end are equal: leave quietHours out for none")
    return time.fromisoformat(hours.start), time.fromisoformat(hours.end)


def _answer(entries: Iterable[Entry]) -> web.Response:
    return web.json_response([_wire(entry) for entry in entries])


def _wire(entry: Entry) -> PreferenceAnswer:
    preference = entry.preference
    quiet = preference.quiet_hours
    return {
        "notificationType": entry.type,
        "channel": entry.channel,
        "enabled": preference.enabled,
        "frequency": preference.frequency,
        "quietHours": None if quiet is None else _wire_hours(quiet),
        "timeZone": preference.zone.key,
    }


def _wire_hours(quiet: QuietHours) -> QuietHoursAnswer:
    return {"start": f"{quiet.start:%H:%M}", "end": f"{quiet.end:%H:%M}"}
