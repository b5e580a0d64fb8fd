"""`/api/admin/templates`: how a tenant wants its mails and push messages to read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypedDict

import msgspec
from aiohttp import web
from msgspec import Meta

from notifications.adapters.http.answers import Done, Time
from notifications.adapters.http.authentication import Verify, authenticate
from notifications.adapters.http.bodies import (
    ActorBody,
    Body,
    Content,
    EntityBody,
    NotificationBody,
    decode,
    message_of,
)
from notifications.adapters.http.operation import Caller, Operation, Parameter
from notifications.app.proof import Proofreader
from notifications.domain.contact import LOCALE
from notifications.domain.errors import BrokenTemplate, Invalid, NotFound
from notifications.domain.jobs import Channel
from notifications.domain.limits import MAX_TEMPLATE
from notifications.domain.notification import Message, wire_time
from notifications.domain.preferences import EVERY_TYPE
from notifications.domain.principal import require_admin
from notifications.domain.template import EVERY_LOCALE, Template, TemplateName
from notifications.domain.text import TYPE
from notifications.ports.clock import Clock
from notifications.ports.template import TemplateStore

ANY: Final = "-"
TypeOrAll = Annotated[str, Meta(extra_json_schema={"pattern": rf"^({TYPE.pattern}|\*|digest:(daily|weekly))$"})]
LocaleOrAny = Annotated[str, Meta(extra_json_schema={"pattern": rf"^({LOCALE.pattern}|{ANY})$"})]
NAME: Final = (
    Parameter("type", TypeOrAll, "A type, `*`, `digest:daily` or `digest:weekly`.", "path"),
    Parameter("channel", Literal["email", "push"], "What it is for.", "path"),
    Parameter("locale", LocaleOrAny, "A language tag such as `de` or `pt-BR`, or `-` for any.", "path"),
)
_SAMPLE_TYPE: Final = "sample"

Source = Annotated[str, Meta(extra_json_schema={"maxLength": MAX_TEMPLATE})]


class PartsBody(Body, frozen=True):
    """Jinja2 for each part: `subject`, `text` and perhaps `html` of a mail, `title` and `body` of a push message."""

    subject: Source | None = None
    text: Source | None = None
    html: Source | None = None
    title: Source | None = None
    body: Source | None = None


class SampleBody(Body, frozen=True):
    """What a notification says while a template is tried."""

    content: Content = "Alice liked your photo"
    priority: Literal["low", "normal", "high", "critical"] = "normal"
    actor: ActorBody | None = ActorBody("alice", "Alice")
    entity: EntityBody | None = EntityBody("photo", "1")
    metadata: dict[str, Any] | None = None


class TemplateBody(Body, frozen=True):
    """A template, and what to try it with."""

    parts: PartsBody
    sample: SampleBody = SampleBody()


class PreviewBody(Body, frozen=True):
    """A template that is only tried."""

    type: TypeOrAll
    channel: Literal["email", "push"]
    parts: PartsBody
    sample: SampleBody = SampleBody()


class PartsAnswer(TypedDict, total=False):
    """The parts that the channel has."""

    subject: str
    text: str
    html: str
    title: str
    body: str


class PreviewAnswer(TypedDict):
    """What came of the sample."""

    preview: PartsAnswer


class ListedAnswer(TypedDict):
    """A template by its name; `locale` is `-` for any."""

    type: str
    channel: Channel
    locale: str
    updatedAt: Time


class TemplatesAnswer(TypedDict):
    """All of the tenant, sorted."""

    templates: list[ListedAnswer]


class TemplateAnswer(TypedDict):
    """A template as it was put."""

    parts: PartsAnswer


_template: Final = msgspec.json.Decoder(TemplateBody)
_preview: Final = msgspec.json.Decoder(PreviewBody)


@dataclass(frozen=True, slots=True)
class TemplatesApi:
    """The routes and what they stand on."""

    verify: Verify
    store: TemplateStore
    proofreader: Proofreader
    clock: Clock

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        path = "/api/admin/templates/{type}/{channel}/{locale}"
        return [
            web.get("/api/admin/templates", self.list),
            web.post("/api/admin/templates/preview", self.preview),
            web.get(path, self.show),
            web.put(path, self.put),
            web.delete(path, self.remove),
        ]

    @Operation(
        Caller.ADMIN,
        {200: TemplatesAnswer},
        links=dict.fromkeys(("templates.show", "templates.remove"), "/templates/0"),
    )
    async def list(self, request: web.Request) -> web.Response:
        """Return which templates the caller's tenant has."""
        found = await self.store.list(self._tenant(request))
        return web.json_response({"templates": [_wire(listed.name, listed.updated_at) for listed in found]})

    @Operation(Caller.ADMIN, {200: TemplateAnswer}, parameters=NAME, refusals=(NotFound,))
    async def show(self, request: web.Request) -> web.Response:
        """Return a template as it was put."""
        found = await self.store.find(self._tenant(request), [_name(request)])
        if found is None:
            raise NotFound("there is no such template")
        return web.json_response({"parts": dict(found.parts)})

    @Operation(Caller.ADMIN, {200: PreviewAnswer}, body=TemplateBody, parameters=NAME, refusals=(BrokenTemplate,))
    async def put(self, request: web.Request) -> web.Response:
        """Keep a template in the place of the one before, if something comes of the sample."""
        tenant, name = self._tenant(request), _name(request)
        body = decode(_template, await request.read())
        template = Template(name, _parts(body.parts))
        preview = await self._try(tenant, template, body.sample)
        await self.store.save(tenant, template)
        return web.json_response({"preview": preview})

    @Operation(Caller.ADMIN, {200: PreviewAnswer}, body=PreviewBody, refusals=(BrokenTemplate,))
    async def preview(self, request: web.Request) -> web.Response:
        """Return what comes of a template with a sample, and keep nothing."""
        tenant = self._tenant(request)
        body = decode(_preview, await request.read())
        template = Template(TemplateName(body.type, Channel(body.channel)), _parts(body.parts))
        return web.json_response({"preview": await self._try(tenant, template, body.sample)})

    @Operation(Caller.ADMIN, {200: Done}, parameters=NAME, refusals=(NotFound,))
    async def remove(self, request: web.Request) -> web.Response:
        """Forget a template: what was less particular is used again."""
        await self.store.remove(self._tenant(request), _name(request))
        return web.json_response({"ok": True})

    async def _try(self, tenant: str, template: Template, sample: SampleBody) -> dict[str, str]:
        now = self.clock()
        return dict(await self.proofreader.read(tenant, template, _message(template.name, sample, now), now))

    def _tenant(self, request: web.Request) -> str:
        principal = authenticate(request, self.verify)
        require_admin(principal)
        return principal.owner.tenant


def _name(request: web.Request) -> TemplateName:
    type_, channel, locale = (request.match_info[part] for part in ("type", "channel", "locale"))
    if channel not in set(Channel):
        raise Invalid("channel must be email or push: no other has templates")
    return TemplateName(type_, Channel(channel), EVERY_LOCALE if locale == ANY else locale.lower())


def _parts(body: PartsBody) -> Mapping[str, str]:
    return {part: source for part, source in msgspec.structs.asdict(body).items() if source is not None}


def _message(name: TemplateName, sample: SampleBody, now: datetime) -> Message:
    type_ = _SAMPLE_TYPE if name.type == EVERY_TYPE or name.is_digest else name.type
    return message_of(NotificationBody(type_, **msgspec.structs.asdict(sample)), now)


def _wire(name: TemplateName, updated_at: datetime) -> dict[str, object]:
    locale = ANY if name.locale == EVERY_LOCALE else name.locale
    return {"type": name.type, "channel": name.channel, "locale": locale, "updatedAt": wire_time(updated_at)}
