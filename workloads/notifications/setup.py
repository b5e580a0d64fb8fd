"""`notifications setup`: brings the database and the queues to this release. Harmless to repeat."""

import argparse
import logging

from notifications.adapters.nats.queue import JetStreamQueue
from notifications.adapters.postgres.epochs import new_inbox_epoch
from notifications.adapters.postgres.migrate import set_up
from notifications.clock import now
from notifications.config import WorkerConfig, load_config, read_postgres_uri
from notifications.lifecycle import Life, open_nats
from notifications.patience import insist

_log = logging.getLogger(__name__)


async def run(arguments: argparse.Namespace) -> None:
    """Do it and end; wait for a database and NATS servers that do not answer yet, as long as was asked for."""
    config = load_config(arguments.config, WorkerConfig)
    await insist(lambda: _prepare(config, new_epoch=arguments.new_inbox_epoch), arguments.wait)


async def _prepare(config: WorkerConfig, *, new_epoch: bool) -> None:
    uri = read_postgres_uri(config.postgres.uri_file)
    applied = await set_up(uri, now())
    _log.info("the database is up to date", extra={"applied": applied})
    if new_epoch:
        await new_inbox_epoch(uri)
        _log.info("inboxes have a new epoch: every device loads its inbox anew")
    async with Life() as life:
        nats = await open_nats(life, config.nats, "setup")
        created = await JetStreamQueue(nats, config.nats.replicas).ensure()
        _log.info("the queues are ready", extra={"stream_created": created})
