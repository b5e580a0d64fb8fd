"""Mail by Amazon SES: SendEmail of its API, version 2, with the whole message as we write it."""

from base64 import b64encode
from dataclasses import dataclass

import msgspec

from notifications.adapters.email.message import Envelope, write
from notifications.adapters.email.signature import Credentials, Scope, sign
from notifications.domain.answer import Answer, temporary
from notifications.domain.errors import DeliveryFailed, Rejected, TemporaryFailure
from notifications.domain.mail import Mail
from notifications.ports.clock import Clock
from notifications.ports.outgoing import Outgoing, Request
from notifications.ports.secret import Secret

_PATH = "/v2/email/outbound-emails"
# What is said of the message; all else is said of our account, our settings or their servers
_ABOUT_THE_MESSAGE = frozenset({"MessageRejected", "BadRequestException"})
_TOO_LARGE = 413
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class SesSettings:
    """`endpoint` is an origin such as https://email.eu-central-1.amazonaws.com, which it is by default."""

    region: str
    endpoint: str | None = None
    configuration_set: str | None = None


class _Sent(msgspec.Struct, frozen=True, rename="pascal"):
    message_id: str


class SesProvider:
    """Sends by one account in one region."""

    def __init__(
        self, settings: SesSettings, credentials: Secret[Credentials], outgoing: Outgoing, clock: Clock
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._outgoing = outgoing
        self._clock = clock
        self._url = f"{settings.endpoint or f'https://email.{settings.region}.amazonaws.com'}{_PATH}"

    async def send(self, mail: Mail) -> str:
        """See `MailProvider`."""
        envelope = write(mail, self._clock())
        if envelope.utf8:
            raise Rejected("SES cannot carry this address: it takes ASCII before the '@' only")
        body = self._body(envelope)
        headers = {"content-type": "application/json"}
        scope = Scope(self._settings.region, "ses")
        signed = sign(self._url, headers, body, self._credentials(), scope, self._clock())
        answer = await self._outgoing.post(Request(self._url, signed, body))
        if not answer.ok:
            raise self._refusal(answer)
        try:
            return msgspec.json.decode(answer.body, type=_Sent).message_id
        except msgspec.MsgspecError:
            raise TemporaryFailure("SES answered what is not its language") from None

    def _body(self, envelope: Envelope) -> bytes:
        request: dict[str, object] = {
            "Destination": {"ToAddresses": [envelope.recipient]},
            "Content": {"Raw": {"Data": b64encode(envelope.content).decode()}},
        }
        if self._settings.configuration_set is not None:
            request["ConfigurationSetName"] = self._settings.configuration_set
        return msgspec.json.encode(request)

    def _refusal(self, answer: Answer) -> DeliveryFailed:
        name = answer.headers.get("x-amzn-errortype", "").partition(":")[0][:_LONGEST_NAME]
        if answer.status == _TOO_LARGE or (answer.status == 400 and name in _ABOUT_THE_MESSAGE):
            return Rejected(f"SES refused the mail: {answer.status} {name}".rstrip())
        return temporary(answer, "SES", self._clock())
