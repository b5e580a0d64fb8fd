"""The single values that a NotificationCluster file is made of, and what each may be.

Descriptions complete the sentence "FIELD must be ...", which is how a wrong value is reported. Patterns end in `\\Z`:
in Python `$` leaves room for the end of a line.
"""

from typing import Annotated, Final

from msgspec import Meta

NAME_LENGTH: Final = 40  # room for the suffixes of what is made, within the 52 characters of a StatefulSet
NAME_PATTERN: Final = r"^[a-z]([a-z0-9-]{0,38}[a-z0-9])?\Z"


def write_pattern(pattern: str) -> str:
    """Return a pattern as the API server reads it, which knows no `\\Z` and whose `$` leaves no room."""
    return pattern.replace(r"\Z", "$")


Name = Annotated[
    str,
    Meta(
        pattern=NAME_PATTERN,
        max_length=NAME_LENGTH,
        description="a lower-case name of at most 40 letters, digits and dashes that begins with a letter",
    ),
]
ResourceName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\Z",
        max_length=253,
        description="the name of a Kubernetes object: lower-case letters, digits, dashes and dots",
    ),
]
SecretEntry = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}\Z",
        description="a key of a Secret: letters, digits, dashes, underscores and dots",
    ),
]
Text = Annotated[str, Meta(min_length=1, max_length=256, description="a text of 1 to 256 characters")]
KeyId = Annotated[str, Meta(min_length=1, max_length=64, description="a text of 1 to 64 characters")]
Url = Annotated[str, Meta(pattern=r"^https?://[^\s]+\Z", max_length=2048, description="an http or https address")]
Share = Annotated[float, Meta(ge=0, le=1, description="a number from 0 to 1")]
Quantity = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,15}(\.[0-9]{1,9})?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?\Z",
        max_length=27,
        description='a quantity such as "500m" or "1Gi"',
    ),
]
Amount = Quantity | Annotated[int, Meta(ge=0, description='a quantity such as "500m" or "1Gi"')]
Duration = Annotated[
    str, Meta(pattern=r"^[1-9][0-9]{0,8}(s|m|h|d)\Z", description='a time such as "30s", "2m", "1h" or "7d"')
]
FamilyName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_-]{1,64}\Z",
        max_length=64,
        description="the first token of topics: at most 64 letters, digits, dashes and underscores",
    ),
]
ServiceUrl = Annotated[
    str,
    Meta(
        pattern=r"^https?://[A-Za-z0-9][A-Za-z0-9.-]{0,252}(:[0-9]{1,5})?([/?][A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]*)?\Z",
        max_length=2048,
        description="an http or https address without credentials",
    ),
]
SyncInterval = Annotated[
    str,
    Meta(pattern=r"^(always|[0-9]{1,9}(ms|s|m|h))\Z", description='"always" or a time such as "500ms", "10s" or "2m"'),
]
Replicas = Annotated[int, Meta(ge=1, le=500, description="a whole number from 1 to 500")]
Connections = Annotated[int, Meta(ge=1, le=1_000_000, description="a whole number from 1 to 1000000")]
ConnectionsPerUser = Annotated[int, Meta(ge=1, le=100, description="a whole number from 1 to 100")]
PerMinute = Annotated[int, Meta(ge=1, le=1_000, description="a whole number from 1 to 1000")]
PoolSize = Annotated[int, Meta(ge=1, le=1_000, description="a whole number from 1 to 1000")]
Jobs = Annotated[int, Meta(ge=1, le=1_000, description="a whole number from 1 to 1000")]
Proxies = Annotated[int, Meta(ge=0, le=10, description="a whole number from 0 to 10")]
Requests = Annotated[int, Meta(ge=1, le=1_000_000, description="a whole number from 1 to 1000000")]
Days = Annotated[int, Meta(ge=1, le=36_500, description="a whole number of days from 1 to 36500")]
Seconds = Annotated[int, Meta(ge=1, le=86_400, description="a whole number of seconds from 1 to 86400")]
Image = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9][a-z0-9._-]*(:[0-9]{1,5})?(/[a-z0-9][a-z0-9._-]*)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?\Z",
        max_length=512,
        description='the name of an image, such as "registry.example/notification-workloads:1.0"',
    ),
]
LabelKey = Annotated[
    str,
    Meta(
        pattern=r"^([a-z0-9][a-z0-9.-]{0,252}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?\Z",
        description="the key of a label: letters, digits, dashes, underscores and dots, after a prefix or none",
    ),
]
LabelValue = Annotated[
    str,
    Meta(
        pattern=r"^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?\Z",
        description="the value of a label: at most 63 letters, digits, dashes, underscores and dots",
    ),
]
HostName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9:]([A-Za-z0-9.:_-]{0,251}[A-Za-z0-9:])?\Z",
        max_length=253,
        description="the name or the address of a host",
    ),
]
PortNumber = Annotated[int, Meta(ge=1, le=65_535, description="a whole number from 1 to 65535")]
CloudRegion = Annotated[
    str, Meta(pattern=r"^[a-z0-9-]{1,32}\Z", max_length=32, description='the name of a region such as "eu-central-1"')
]
AppleId = Annotated[str, Meta(pattern=r"^[A-Z0-9]{10}\Z", max_length=10, description="10 capital letters and digits")]
BundleId = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9.-]{1,155}\Z", max_length=155, description='a bundle id such as "com.example.app"'),
]
VapidPublicKey = Annotated[
    str,
    Meta(pattern=r"^B[A-Za-z0-9_-]{86}\Z", max_length=87, description="a public key of 87 characters in base64url"),
]
ContactUrl = Annotated[
    str,
    Meta(pattern=r"^(mailto:|https://)[!-~]+\Z", max_length=256, description="a mailto: or https:// address"),
]
# What looks like an address of IPv6; whether it is one, no pattern of this length tells
_GROUP = r"[0-9A-Fa-f]{0,4}"
_LITERAL = rf"\[({_GROUP}:){{2,8}}({_GROUP}|[0-9]{{1,3}}(\.[0-9]{{1,3}}){{3}})\]"
_AUTHORITY = rf"://([A-Za-z0-9][A-Za-z0-9.-]{{0,252}}|{_LITERAL})(:[0-9]{{1,5}})?"
Origin = Annotated[
    str,
    Meta(
        pattern=rf"^https{_AUTHORITY}\Z",
        max_length=310,
        description='"https://", a host and perhaps a port, without a path',
    ),
]
WebOrigin = Annotated[
    str,
    Meta(
        pattern=rf"^https?{_AUTHORITY}\Z",
        max_length=310,
        description='an origin as browsers send it, such as "https://app.example"',
    ),
]
PublicUrl = Annotated[
    str,
    Meta(
        pattern=rf"^https{_AUTHORITY}(/[A-Za-z0-9._~/-]*)?\Z",
        max_length=512,
        description="an https address of at most 512 characters without a query",
    ),
]
HttpsUrl = Annotated[
    str,
    Meta(
        pattern=rf"^https{_AUTHORITY}([/?][A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]*)?\Z",
        max_length=2048,
        description="an https address without credentials",
    ),
]
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_MAILBOX = rf"{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})*"
MailSender = Annotated[
    str,
    Meta(
        pattern=rf"^({_MAILBOX}|[^<>\x00-\x1f\x7f-\x9f]*<{_MAILBOX}>)\Z",
        max_length=256,
        description='a mail address, alone or as in "Shop <no-reply@shop.example>", in ASCII after the name',
    ),
]
Wall = Annotated[
    str,
    Meta(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z", max_length=5, description='a time of day from "00:00" to "23:59"'
    ),
]
Network = Annotated[
    str,
    Meta(pattern=r"^[0-9A-Fa-f:.]{2,45}/[0-9]{1,3}\Z", max_length=49, description='a network such as "10.0.0.0/8"'),
]
NotificationType = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9_.-]{1,50}\Z",
        max_length=50,
        description="the type of a notification: at most 50 of a-z, 0-9, dashes, underscores and dots",
    ),
]
