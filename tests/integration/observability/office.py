"""A gateway and a worker with a mail relay, whose configuration says how they are watched."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.integration.channels.post_office import PostOffice
from tests.integration.providers import settings
from tests.integration.providers.authority import Authority
from tests.integration.providers.smtp_server import Relay, serve_smtp
from tests.support.stack import run_stack


@asynccontextmanager
async def open_office(
    folder: Path, relay: Relay, gateway: Mapping[str, object] | None = None, **both: object
) -> AsyncIterator[PostOffice]:
    """Run them; `both` stands in both configurations, `gateway` in the gateway's."""
    authority = Authority(folder)
    async with (
        serve_smtp(relay, starttls=authority.serve()),
        run_stack(folder, gateways=0, workers=0) as stack,
    ):
        for role, more in (("gateway", {**both, **(gateway or {})}), ("worker", both)):
            path = stack.config(role)
            path.write_text(json.dumps({**json.loads(path.read_text()), **more}))
        office = PostOffice(stack, authority)
        await stack.start("gateway-0")
        await office.hire(email=settings.email(settings.smtp(relay, folder)))
        yield office
        await office.dismiss()
        await stack.stop("gateway-0")
