"""`/api/devices`: what push services can wake, each for its owner only. No answer shows a token."""

import binascii
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import Annotated, Final, TypedDict
from uuid import UUID

import msgspec
from aiohttp import web
from msgspec import Meta

from notifications.adapters.http.answers import Done, Time, Uuid
from notifications.adapters.http.authentication import Verify, authenticate
from notifications.adapters.http.bodies import Body, Endpoint, decode
from notifications.adapters.http.operation import Caller, Operation, Parameter
from notifications.adapters.http.parameters import read_id
from notifications.domain.errors import Invalid, NotFound
from notifications.domain.ids import time_of
from notifications.domain.limits import MAX_DEVICE_TOKEN
from notifications.domain.notification import wire_time
from notifications.domain.push import APNS_TOKEN, FCM_TOKEN, Device, DeviceKind, Subscription
from notifications.ports.clock import Clock, MakeId
from notifications.ports.contact import DeviceStore

ID: Final = Parameter("id", UUID, "The id of a device.", "path")

# The domain checks these: here they are only described
FcmToken = Annotated[str, Meta(extra_json_schema={"pattern": f"^{FCM_TOKEN.pattern}$", "maxLength": MAX_DEVICE_TOKEN})]
ApnsToken = Annotated[str, Meta(extra_json_schema={"pattern": f"^{APNS_TOKEN.pattern}$"})]
P256dh = Annotated[str, Meta(extra_json_schema={"pattern": "^B[A-P][A-Za-z0-9_-]{84}[AEIMQUYcgkosw048]$"})]
Auth = Annotated[str, Meta(extra_json_schema={"pattern": "^[A-Za-z0-9_-]{21}[AQgw]$"})]

_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]{1,100}={0,2}")


class FcmBody(Body, frozen=True, tag_field="kind", tag="fcm"):
    """An app that Firebase reaches."""

    token: FcmToken


class ApnsBody(Body, frozen=True, tag_field="kind", tag="apns"):
    """An app that Apple reaches; the token in hexadecimal."""

    token: ApnsToken


class SubscriptionKeys(Body, frozen=True):
    """In base64url; it may be padded."""

    p256dh: P256dh
    auth: Auth


class SubscriptionBody(Body, frozen=True):
    """A browser's `PushSubscription` as its `toJSON()` gives it; when it expires is learnt from the push service."""

    endpoint: Endpoint
    keys: SubscriptionKeys
    expiration_time: float | None = None


class WebPushBody(Body, frozen=True, tag_field="kind", tag="webpush"):
    """A browser."""

    subscription: SubscriptionBody


class DeviceAnswer(TypedDict):
    """A device, known by its id."""

    id: Uuid
    kind: DeviceKind
    createdAt: Time


class DevicesAnswer(TypedDict):
    """The last registered first."""

    devices: list[DeviceAnswer]


class PublicKeyAnswer(TypedDict):
    """What a browser subscribes with: `applicationServerKey`, in base64url."""

    publicKey: str


AnyBody = FcmBody | ApnsBody | WebPushBody
_decoder: Final[msgspec.json.Decoder[AnyBody]] = msgspec.json.Decoder(AnyBody)


@dataclass(frozen=True, slots=True)
class DevicesApi:
    """The routes and what they stand on; `public_key` is None where Web Push has no provider."""

    verify: Verify
    store: DeviceStore
    public_key: str | None
    clock: Clock
    make_id: MakeId

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.post("/api/devices", self.register),
            web.get("/api/devices", self.list),
            web.get("/api/devices/webpush-key", self.show_key),
            web.delete("/api/devices/{id:.{36}}", self.remove),  # as long as an id is, and as the key's name is not
        ]

    @Operation(Caller.USER, {201: DeviceAnswer}, body=AnyBody, links={"devices.remove": ""})
    async def register(self, request: web.Request) -> web.Response:
        """Register a device of the caller; repeat it whenever the app starts.

        It leaves whoever registered it before. Of more than 20 devices, those that were not registered for longest go.
        """
        owner = authenticate(request, self.verify).owner
        kind, target = read_device(await request.read())
        device = await self.store.register(Device(self.make_id(self.clock()), owner, kind, target))
        return web.json_response(_wire(device), status=201)

    @Operation(Caller.USER, {200: DevicesAnswer})
    async def list(self, request: web.Request) -> web.Response:
        """Return the caller's devices."""
        found = await self.store.devices(authenticate(request, self.verify).owner)
        return web.json_response({"devices": [_wire(device) for device in found]})

    @Operation(Caller.USER, {200: Done}, parameters=(ID,), refusals=(NotFound,))
    async def remove(self, request: web.Request) -> web.Response:
        """Remove a device of the caller, as when somebody signs out."""
        owner = authenticate(request, self.verify).owner
        await self.store.remove(owner, read_id(request, "you have no such device"))
        return web.json_response({"ok": True})

    @Operation(Caller.USER, {200: PublicKeyAnswer}, refusals=(NotFound,))
    async def show_key(self, request: web.Request) -> web.Response:
        """Return the key that browsers subscribe with."""
        authenticate(request, self.verify)
        if self.public_key is None:
            raise NotFound("Web Push is not configured here: browsers cannot be woken")
        return web.json_response({"publicKey": self.public_key})


def read_device(raw: bytes) -> tuple[DeviceKind, str | Subscription]:
    """Decode and check a body. Raises Invalid, naming the field and never telling a token."""
    match decode(_decoder, raw):
        case FcmBody(token):
            return DeviceKind.FCM, token
        case ApnsBody(token):
            return DeviceKind.APNS, token
        case WebPushBody(body):
            return DeviceKind.WEBPUSH, _subscription(body)


def _subscription(body: SubscriptionBody) -> Subscription:
    p256dh, auth = (_unpack(getattr(body.keys, name), name) for name in ("p256dh", "auth"))
    return Subscription(body.endpoint, p256dh, auth)


def _unpack(text: str, field: str) -> bytes:
    if not _BASE64URL.fullmatch(text):
        raise Invalid(f"{field} is no base64url")
    bare = text.rstrip("=")
    try:
        return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except binascii.Error as error:
        raise Invalid(f"{field} is no base64url") from error


def _wire(device: Device) -> DeviceAnswer:
    return {"id": str(device.id), "kind": device.kind, "createdAt": wire_time(time_of(device.id))}
