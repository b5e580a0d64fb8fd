"""Push by Firebase Cloud Messaging, HTTP v1."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

import msgspec

from notifications.adapters.push.oauth import AccessTokens, ServiceAccount
from notifications.domain.answer import Answer, temporary
from notifications.domain.errors import DeadToken, DeliveryFailed, Rejected, TemporaryFailure
from notifications.domain.push import Device, Push
from notifications.ports.clock import Clock
from notifications.ports.outgoing import Outgoing, Request
from notifications.ports.secret import Secret

# The token belongs to another project: ours may be the wrong one, so the device is not forgotten
_REJECTED = frozenset({"SENDER_ID_MISMATCH"})
_TOKEN_FIELD = "message.token"  # noqa: S105


@dataclass(frozen=True, slots=True)
class FcmSettings:
    """`endpoint` is an origin."""

    endpoint: str = "https://fcm.googleapis.com"


class _Violation(msgspec.Struct, frozen=True):
    field: str = ""


class _Detail(msgspec.Struct, frozen=True, rename="camel"):
    error_code: str = ""
    field_violations: list[_Violation] = []


class _Error(msgspec.Struct, frozen=True):
    status: Annotated[str, msgspec.Meta(pattern=r"^\w{1,64}$")]
    details: list[_Detail] = []


class _Failure(msgspec.Struct, frozen=True):
    error: _Error


class _Sent(msgspec.Struct, frozen=True):
    name: str


class FcmProvider:
    """Sends for one Firebase project."""

    def __init__(
        self, settings: FcmSettings, account: Secret[ServiceAccount], outgoing: Outgoing, clock: Clock
    ) -> None:
        self._settings = settings
        self._account = account
        self._outgoing = outgoing
        self._clock = clock
        self._tokens = AccessTokens(account, outgoing, clock)

    async def send(self, push: Push, device: Device) -> str:
        """See `PushProvider`."""
        token = await self._tokens.get()
        project = quote(self._account().project, safe="")
        url = f"{self._settings.endpoint}/v1/projects/{project}/messages:send"
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        answer = await self._outgoing.post(
            Request(url, headers, msgspec.json.encode({"message": _write(push, device)}))
        )
        if answer.status == 401:
            self._tokens.forget(token)
        if not answer.ok:
            raise self._refusal(answer)
        try:
            return msgspec.json.decode(answer.body, type=_Sent).name
        except msgspec.MsgspecError:
            raise TemporaryFailure("FCM answered what is not its language") from None

    def _refusal(self, answer: Answer) -> DeliveryFailed:
        """A verdict on a message or token needs the words of FCM: a proxy in between may answer 404 as well."""
        try:
            error = msgspec.json.decode(answer.body, type=_Failure).error
        except msgspec.MsgspecError:
            return temporary(answer, "FCM", self._clock())
        codes = {detail.error_code for detail in error.details}
        fields = {violation.field for detail in error.details for violation in detail.field_violations}
        if "UNREGISTERED" in codes or (answer.status == 404 and error.status == "NOT_FOUND"):
            return DeadToken("FCM knows the device no more")
        if answer.status == 400 and _TOKEN_FIELD in fields:
            return DeadToken("FCM says that this is no token")
        if answer.status == 400 or codes & _REJECTED:
            return Rejected(f"FCM refused the message: {answer.status} {error.status}")
        return temporary(answer, "FCM", self._clock())


def _write(push: Push, device: Device) -> dict[str, Any]:
    android: dict[str, Any] = {"priority": "HIGH" if push.urgent else "NORMAL", "ttl": f"{push.ttl}s"}
    if push.collapse_key is not None:
        android["collapse_key"] = push.collapse_key
    return {
        "token": device.target,
        "notification": {"title": push.title, "body": push.body},
        "data": dict(push.data),
        "android": android,
    }
