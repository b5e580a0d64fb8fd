"""`notifications dead-letters`: jobs that were given up, listed, tried again or discarded."""

import argparse
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from uuid import UUID

from notifications.adapters.postgres.dead_letters import PostgresDeadLetters
from notifications.config import load_any_config
from notifications.domain.dead_letter import DeadLetter, LetterKey, Retry
from notifications.domain.errors import Misconfigured, Refused
from notifications.domain.jobs import Channel
from notifications.domain.limits import PAGE_LIMIT_MAX
from notifications.domain.notification import wire_time
from notifications.domain.text import check_tenant
from notifications.lifecycle import Life, open_postgres
from notifications.ports.dead_letter import DeadLetterStore
from notifications.token import find_config

_WHY_NOT: Final = {
    Retry.EXPIRED: "the notification has expired; discard it",
    Retry.CANCELLED: "the notification was cancelled; discard it",
    Retry.GONE: "the notification was deleted; discard it",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("list", help="print them, the last that died first")
    retry = actions.add_parser("retry", help="queue them again, with all attempts before them")
    discard = actions.add_parser("discard", help="delete them: nothing of them is tried again")
    show.add_argument("--limit", type=_parse_limit, default=100, help="how many at most (default: 100)")
    for action in (retry, discard):
        action.add_argument("ids", nargs="*", type=UUID, metavar="ID", help="as the list shows it")
        action.add_argument("--all", action="store_true", help="instead of ids: all of the tenant or of --channel")
    for action in (show, retry, discard):
        action.add_argument("--tenant", default="default", help="whose they are (default: default)")
        action.add_argument("--channel", type=Channel, choices=list(Channel), help="only those of one channel")
        action.add_argument("--config", type=Path, help="gateway.json or worker.json of the cluster or the local run")


async def run(arguments: argparse.Namespace) -> None:
    """Do it, and print what was done. Raises Misconfigured for wrong arguments."""
    _check(arguments)
    config = load_any_config(find_config(arguments.config, "gateway.json", "worker.json"))
    async with Life() as life:
        store = PostgresDeadLetters(await open_postgres(life, config.postgres, "dead-letters"))
        await {"list": _list, "retry": _retry, "discard": _discard}[arguments.action](store, arguments)


async def _list(store: DeadLetterStore, arguments: argparse.Namespace) -> None:
    found = await store.letters(arguments.tenant, arguments.channel, None, arguments.limit + 1)
    for letter in found[: arguments.limit]:
        print(_line(letter))
    if len(found) > arguments.limit:
        print("there are more: see --limit", file=sys.stderr)


async def _retry(store: DeadLetterStore, arguments: argparse.Namespace) -> None:
    results: dict[LetterKey, Retry] = {}
    async for keys in _choose(store, arguments):
        results |= await store.retry(arguments.tenant, keys)
    for key, result in results.items():
        if result in _WHY_NOT:
            print(f"{key.id}  {key.channel}  cannot be retried: {_WHY_NOT[result]}")
    print(f"retried: {sum(result is Retry.RETRIED for result in results.values())}")
    _miss(arguments, {key.id for key, result in results.items() if result is not Retry.UNKNOWN})


async def _discard(store: DeadLetterStore, arguments: argparse.Namespace) -> None:
    discarded: set[LetterKey] = set()
    async for keys in _choose(store, arguments):
        discarded.update(await store.discard(arguments.tenant, keys))
    print(f"discarded: {len(discarded)}")
    _miss(arguments, {key.id for key in discarded})


async def _choose(store: DeadLetterStore, arguments: argparse.Namespace) -> AsyncIterator[list[LetterKey]]:
    """Yield those that were named, or all that there are, page by page: what stays is passed once."""
    if not arguments.all:
        channels = [arguments.channel] if arguments.channel else list(Channel)
        yield [LetterKey(id, channel) for id in arguments.ids for channel in channels]
        return
    place = None
    while page := await store.letters(arguments.tenant, arguments.channel, place, PAGE_LIMIT_MAX):
        yield [letter.key for letter in page]
        place = page[-1].place


def _check(arguments: argparse.Namespace) -> None:
    try:
        check_tenant(arguments.tenant)
    except Refused as error:
        raise Misconfigured(f"--{error}") from error
    if arguments.action != "list" and arguments.all == bool(arguments.ids):
        raise Misconfigured("name dead letters by their ids, or take --all of them")


def _miss(arguments: argparse.Namespace, found: set[UUID]) -> None:
    if missing := [str(id) for id in arguments.ids if id not in found]:
        raise Misconfigured(f"the tenant {arguments.tenant} has no such dead letter: {', '.join(missing)}")


def _line(letter: DeadLetter) -> str:
    """Return the words of a line; names and reasons come from outside, and must not be taken for lines of their own."""
    words = (
        wire_time(letter.died_at),
        letter.key.id,
        letter.key.channel,
        letter.owner.user,
        letter.type or "-",
        f"attempts={letter.attempts}",
        letter.reason or "-",
    )
    return "  ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", "?", str(word)) for word in words)


def _parse_limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= 10_000):
        raise argparse.ArgumentTypeError(f"{text!r} is no limit: use 1 to 10000")
    return int(text)
