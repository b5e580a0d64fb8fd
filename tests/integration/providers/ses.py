"""Amazon SES as far as SendEmail needs it: verifies SigV4 from what the request says of itself."""

import hashlib
import hmac
import json
import re
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.integration.providers.service import Reply, Seen, json_reply

ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "a secret key of the test / with + signs"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, SignedHeaders=(\S+), Signature=(\w+)"
)


@dataclass
class Ses:
    """The service of one account in one region."""

    region: str = "eu-central-1"
    mails: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)

    def verify(self, seen: Seen) -> Reply:
        """Take the mail if the signature is right."""
        if seen.path != "/v2/email/outbound-emails":
            return json_reply(404, {"message": "no such operation"})
        if not self._is_signed(seen):
            return refuse(403, "SignatureDoesNotMatch")
        document = json.loads(seen.body)
        self.recipients += document["Destination"]["ToAddresses"]
        self.mails.append(b64decode(document["Content"]["Raw"]["Data"], validate=True))
        return json_reply(200, {"MessageId": f"0107-{len(self.mails)}"})

    def _is_signed(self, seen: Seen) -> bool:
        match = _AUTHORIZATION.fullmatch(seen.headers["authorization"])
        if match is None:
            return False
        access_key, day, region, service, names, signature = match.groups()
        sent = datetime.strptime(seen.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        right = (ACCESS_KEY, sent.strftime("%Y%m%d"), self.region, "ses")
        fresh = abs(datetime.now(UTC) - sent) < timedelta(minutes=5)
        if (access_key, day, region, service) != right or not fresh or "host" not in names.split(";"):
            return False
        lines = "".join(f"{name}:{seen.headers[name].strip()}\n" for name in names.split(";"))
        request = "\n".join(["POST", seen.path, "", lines, names, hashlib.sha256(seen.body).hexdigest()])
        scope = f"{day}/{region}/{service}/aws4_request"
        digest = hashlib.sha256(request.encode()).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256", seen.headers["x-amz-date"], scope, digest])
        key = f"AWS4{SECRET_KEY}".encode()
        for part in [*scope.split("/"), text]:
            key = hmac.new(key, part.encode(), "sha256").digest()
        return key.hex() == signature


def refuse(status: int, error: str, **headers: str) -> Reply:
    """An error as SES words it."""
    return json_reply(status, {"message": "bob@example.com"}, **{"x-amzn-ErrorType": f"{error}:http://x/"}, **headers)
