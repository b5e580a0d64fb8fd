"""The shape of `spec.channels`: the ways of delivery beside the socket, and their providers.

`xSecretRef` here is `xFile` in the config of the workloads; otherwise the names are the same.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from .part import Part, SecretKeyRef
from .scalar import (
    AppleId,
    BundleId,
    CloudRegion,
    ContactUrl,
    HostName,
    HttpsUrl,
    MailSender,
    Network,
    NotificationType,
    Origin,
    PortNumber,
    PublicUrl,
    Text,
    VapidPublicKey,
    Wall,
)

Networks = Annotated[list[Network], Meta(max_length=100, description="a list of at most 100 networks")]


class Smtp(Part, frozen=True):
    """A relay for mail; 587 and starttls unless it says otherwise."""

    host: HostName
    port: PortNumber | None = None
    security: Literal["starttls", "tls", "none"] | None = None
    user: Text | None = None
    password_secret_ref: SecretKeyRef | None = None


class Ses(Part, frozen=True):
    """An account of Amazon SES in one region."""

    region: CloudRegion
    access_key_id_secret_ref: SecretKeyRef
    secret_access_key_secret_ref: SecretKeyRef
    endpoint: Origin | None = None


class MailProvider(Part, frozen=True):
    """One way for mail: exactly one of the fields."""

    smtp: Smtp | None = None
    ses: Ses | None = None


MailProviders = Annotated[
    list[MailProvider], Meta(min_length=1, max_length=4, description="a list of 1 to 4 providers")
]


NotificationTypes = Annotated[list[NotificationType], Meta(max_length=100, description="a list of at most 100 types")]


class Email(Part, frozen=True, kw_only=True):
    """Mail, by the first provider that works.

    With publicUrl mails hold links to unsubscribe, signed with the key. Content of the types htmlTypes is HTML.
    """

    sender: MailSender = msgspec.field(name="from")
    providers: MailProviders
    public_url: PublicUrl | None = None
    unsubscribe_key_secret_ref: SecretKeyRef | None = None
    html_types: NotificationTypes | None = None


class Fcm(Part, frozen=True):
    """Firebase Cloud Messaging for one project, by the JSON key file of a service account."""

    service_account_secret_ref: SecretKeyRef
    endpoint: Origin | None = None


class Apns(Part, frozen=True):
    """Apple's push service for one app, by a key as Apple hands it out (.p8); topic is the bundle id of the app."""

    key_secret_ref: SecretKeyRef
    key_id: AppleId
    team_id: AppleId
    topic: BundleId
    sandbox: bool | None = None
    endpoint: Origin | None = None


class WebPush(Part, frozen=True):
    """Push to browsers by a VAPID key; subject is how push services reach whoever runs this."""

    key_secret_ref: SecretKeyRef
    subject: ContactUrl
    public_key: VapidPublicKey | None = None
    allow_private: Networks | None = None


class Push(Part, frozen=True):
    """Push to devices, by one provider for each kind: a token is good for one project, app or key."""

    fcm: Fcm | None = None
    apns: Apns | None = None
    webpush: WebPush | None = None


class Webhook(Part, frozen=True):
    """Calls of other systems, signed with every key; url is for users without an endpoint of their own."""

    key_secret_refs: Annotated[
        list[SecretKeyRef], Meta(min_length=1, max_length=4, description="a list of 1 to 4 references")
    ]
    url: HttpsUrl | None = None
    allow_private: Networks | None = None


class Digest(Part, frozen=True):
    """When digests are put together, on each user's clock: at 09:00, weekly ones on Monday, if it does not say."""

    hour: Wall | None = None
    weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] | None = None


class Channels(Part, frozen=True):
    """Ways of delivery beside the socket, and an authority (PEM) that is trusted besides those of the image."""

    email: Email | None = None
    push: Push | None = None
    webhook: Webhook | None = None
    authority_secret_ref: SecretKeyRef | None = None
    digest: Digest | None = None
