"""The `notifications` command. Exit codes: 0 fine, 2 a mistake of whoever started it, 1 anything else."""

import argparse
import asyncio
import re
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from notifications import dead_letters, gateway, setup, token, worker
from notifications.domain.errors import Misconfigured, Unavailable
from notifications.logs import configure_logs


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = build_parser().parse_args(argv)
    try:
        return run(arguments)
    except Misconfigured as error:
        return _complain(str(error), 2)
    except Unavailable as error:
        return _complain(str(error), 1)


def run(arguments: argparse.Namespace) -> int:
    """Run the chosen command to its end."""
    match arguments.command:
        case "token":
            token.print_token(arguments)
        case "dead-letters":
            _run_until_done("dead-letters", dead_letters.run(arguments))
        case "setup":
            _run_until_done("setup", setup.run(arguments))
        case "gateway":
            _run_until_done(arguments.id, gateway.run(arguments))
        case "worker":
            _run_until_done(arguments.id, worker.run(arguments))
    return 0


def build_parser() -> argparse.ArgumentParser:
    """Declare the command line."""
    parser = argparse.ArgumentParser(prog="notifications", description="Gateway and worker of the notification system.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_setup_arguments(commands.add_parser("setup", help="prepare the database and the queues; harmless to repeat"))
    add_gateway_arguments(commands.add_parser("gateway", help="serve Socket.IO and REST"))
    add_worker_arguments(commands.add_parser("worker", help="serve the work queues"))
    dead_letters.add_arguments(commands.add_parser("dead-letters", help="list, retry or discard what was given up"))
    token.add_arguments(commands.add_parser("token", help="print a token for trying the system out"))
    return parser


def add_setup_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `notifications setup`."""
    parser.add_argument("--config", type=Path, required=True, help="worker.json")
    parser.add_argument(
        "--new-inbox-epoch",
        action="store_true",
        help="after a restore of the database from a backup: makes every device load its inbox anew",
    )
    parser.add_argument(
        "--wait",
        type=parse_wait,
        default=0,
        metavar="SECONDS",
        help="how long to wait for a database and NATS servers that do not answer yet (default: 0)",
    )


def add_gateway_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `notifications gateway`."""
    _add_process_arguments(parser, "gateway.json")
    parser.add_argument("--port", type=parse_port, default=8080, help="public port (default: 8080)")
    parser.add_argument("--reuse-port", action="store_true", help="share the public port with other gateways")
    parser.add_argument("--advertise", metavar="HOST", help="where other gateways reach this one (default: --host)")
    parser.add_argument(
        "--internal-port", type=parse_port, help="where other gateways reach this one (default: the public port)"
    )


def add_worker_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `notifications worker`."""
    _add_process_arguments(parser, "worker.json")


def _add_process_arguments(parser: argparse.ArgumentParser, file: str) -> None:
    parser.add_argument("--config", type=Path, required=True, help=file)
    parser.add_argument("--id", type=parse_name, required=True, help="the name of this process, unique in the cluster")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument(
        "--management-port", type=parse_port, default=9090, help="health, metrics and load (default: 9090)"
    )


def parse_name(text: str) -> str:
    """Read the name of a process, as Kubernetes allows it for a pod: ids of sessions begin with it."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,126}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a name: use 1 to 127 of a-z, 0-9, '.', '-'")
    return text


def parse_port(text: str) -> int:
    """Read a port. Raises ArgumentTypeError."""
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: use 0 to 65535")
    return int(text)


def parse_wait(text: str) -> int:
    """Read how many seconds to wait, an hour at most. Raises ArgumentTypeError."""
    if not (text.isascii() and text.isdigit() and len(text) < 5 and int(text) <= 3600):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds: use 0 to 3600")
    return int(text)


def _run_until_done(name: str, work: Coroutine[Any, Any, None]) -> None:
    configure_logs(name)
    # Cancelled: told to stop before it had started
    with asyncio.Runner(loop_factory=_loop_factory()) as runner, suppress(asyncio.CancelledError):
        runner.run(work)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop does not exist for every platform; asyncio's own loop does the same, slower."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _complain(message: str, code: int) -> int:
    print(f"notifications: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
