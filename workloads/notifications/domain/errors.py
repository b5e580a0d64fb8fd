"""Every error that the workloads raise on purpose.

NotificationsError
├── Refused                 the caller's fault; carries a code of the public contract
│   ├── Invalid             INVALID            the request cannot be understood
│   │   ├── BrokenFrame     INVALID            a websocket carries what RFC 6455 forbids, or what is not taken
│   │   ├── KeyReused       INVALID            an Idempotency-Key came back with another body
│   │   └── BrokenTemplate  INVALID            a template does not compile, or fails with these values
│   │       └── Exhausting  INVALID            it used up the time or memory that it may have
│   ├── TooLarge            TOO_LARGE
│   ├── Unauthenticated     UNAUTHENTICATED    no token, or one that does not verify
│   │   ├── TokenExpired    TOKEN_EXPIRED
│   │   └── Revoked         REVOKED            it verifies, but was taken back
│   ├── Forbidden           FORBIDDEN          verified, but not allowed
│   ├── NotFound            NOT_FOUND
│   ├── RateLimited         RATE_LIMIT         too much at once, though each by itself is fine
│   ├── ConnectionLimit     CONNECTION_LIMIT   the user has connected more devices since than may be
│   └── Resync              RESYNC             what a cursor asks for cannot be told completely
├── Unavailable             UNAVAILABLE        our side cannot do it now; repeating later is safe
│   ├── Backlogged          UNAVAILABLE        too many jobs wait already; nothing was done
│   ├── Contended           UNAVAILABLE        a lock was not had in time; nothing was done
│   ├── Silent             UNAVAILABLE        the database does not answer and is left alone for a while
│   └── CommitUnknown       UNAVAILABLE        the connection died in COMMIT: it may or may not have happened
├── SlowConsumer            SLOW_CONSUMER      a client does not read what is sent to it
├── DeliveryFailed          a provider did not take a message; the text holds no address, token or secret
│   ├── TemporaryFailure    another attempt, later or by another provider, may succeed
│   │   └── LeftAlone       no attempt was made: what failed too often is left alone for a while
│   └── Rejected            no attempt ever will: this message, or its address, is refused for good
│       └── DeadToken       the device is gone, or can never be reached: forget it
├── Nowhere                 the recipient has no address on the channel
├── NotConfigured           the channel has no provider
└── Misconfigured           a wrong or missing setting; ends the process with exit code 2
"""

from typing import ClassVar


class NotificationsError(Exception):
    """Root of everything raised on purpose."""


class Refused(NotificationsError):
    """The caller must change something before it tries again."""

    code: ClassVar[str] = "INVALID"


class Invalid(Refused):
    """The request cannot be understood; the message names the field."""


class BrokenFrame(Invalid):
    """The bytes on a websocket are none that RFC 6455 allows, or too many. `close_code` is what it says to answer."""

    def __init__(self, message: str, close_code: int) -> None:
        super().__init__(message)
        self.close_code = close_code


class KeyReused(Invalid):
    """The same Idempotency-Key was used before with another body."""


class BrokenTemplate(Invalid):
    """A template cannot be rendered. `line` counts from 1 within `part`; None where it cannot be told.

    The text may quote what was to be rendered: it is for whoever wrote the template, not for logs.
    """

    def __init__(self, part: str | None, line: int | None, reason: str) -> None:
        place = f"{part or 'the template'}, line {line}" if line else part or "the template"
        super().__init__(f"{place}: {reason}")
        self.part = part
        self.line = line
        self.reason = reason


class Exhausting(BrokenTemplate):
    """A template used up the time or the memory that it may have: it is better not tried again."""

    def __init__(self, reason: str) -> None:
        super().__init__(None, None, reason)


class TooLarge(Refused):
    """A part of the request is larger than its limit; the message names it."""

    code = "TOO_LARGE"


class Unauthenticated(Refused):
    """No credential, or one that does not verify."""

    code = "UNAUTHENTICATED"


class TokenExpired(Unauthenticated):
    """The token was good once. Clients match the message, so it is fixed."""

    code = "TOKEN_EXPIRED"

    def __init__(self) -> None:
        super().__init__("Token expired")


class Revoked(Unauthenticated):
    """The token verifies, but it was revoked, by its id or with all others of its user."""

    code = "REVOKED"

    def __init__(self) -> None:
        super().__init__("the token is revoked: sign in again")


class Forbidden(Refused):
    """Who asks is known, and may not."""

    code = "FORBIDDEN"


class NotFound(Refused):
    """No such thing, or not visible to who asks."""

    code = "NOT_FOUND"


class RateLimited(Refused):
    """Too many requests at once. `retry_after` is how many whole seconds to wait."""

    code = "RATE_LIMIT"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ConnectionLimit(Refused):
    """A connection gives way to newer ones of its user."""

    code = "CONNECTION_LIMIT"

    def __init__(self, limit: int) -> None:
        super().__init__(f"you are connected {limit} times, which is the limit: this oldest connection was ended")


class Resync(Refused):
    """The changes since a cursor cannot be told completely: the device must load its inbox anew."""

    code = "RESYNC"


class Unavailable(NotificationsError):
    """Our side cannot do it now; repeating later is safe."""

    code: ClassVar[str] = "UNAVAILABLE"
    retry_after: int = 1
    """Seconds."""


class Backlogged(Unavailable):
    """Too many jobs wait for the workers, so nothing more is accepted; what there is can be read."""

    retry_after = 5


class Contended(Unavailable):
    """A lock was not had in time, so nothing was done."""


class Silent(Unavailable):
    """The database has not answered so often that it is not asked for `retry_after` seconds; nothing was done."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("the database does not answer")
        self.retry_after = retry_after


class CommitUnknown(Unavailable):
    """The outcome of a commit was not learnt; only a repeat with the same Idempotency-Key is safe."""


class SlowConsumer(NotificationsError):
    """A client left its outbound queue full for too long."""

    code: ClassVar[str] = "SLOW_CONSUMER"


class DeliveryFailed(NotificationsError):
    """A provider did not take a message. The text may be stored and shown: it holds no address, token or secret."""


class TemporaryFailure(DeliveryFailed):
    """Another attempt may succeed: the provider is away, overloaded, or refuses us rather than the message.

    `retry_after` is how many seconds the provider asks to be left alone, None if it did not say.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class LeftAlone(TemporaryFailure):
    """No attempt was made: every provider has failed too often and is left alone for `retry_after` seconds."""


class Rejected(DeliveryFailed):
    """The provider works, and refuses this message or its address for good."""


class DeadToken(Rejected):
    """The device is gone, or can never be reached: what is known of it can be deleted."""


class Nowhere(NotificationsError):
    """The recipient has no address on the channel. The text may be stored and shown."""


class NotConfigured(NotificationsError):
    """The channel has no provider, so nothing can be sent over it."""


class Misconfigured(NotificationsError):
    """A wrong or missing setting, told to the person who starts the process."""
