"""A call to a system of somebody else."""

from dataclasses import dataclass, field

from notifications.domain.errors import Invalid
from notifications.domain.limits import MAX_BODY
from notifications.domain.network import check_endpoint
from notifications.domain.text import check_id


@dataclass(frozen=True, slots=True)
class Webhook:
    """One event for one endpoint. `id` stays the same when it is sent again; `body` is JSON. Raises Invalid."""

    id: str
    url: str = field(repr=False)
    body: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not check_id(self.id, "id").isascii() or not self.id.isprintable():
            raise Invalid("id must be printable ASCII")
        if len(self.body) > MAX_BODY:
            raise Invalid(f"body is larger than {MAX_BODY} bytes")
        check_endpoint(self.url, "url")
