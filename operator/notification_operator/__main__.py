"""The command line of `notification-operator`."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from . import crd
from .errors import OperatorError
from .local.progress import Progress
from .local.run import Options, run_locally
from .logs import configure_logs
from .run_arguments import add_run_arguments


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 fine, 2 a user's mistake, 1 anything else."""
    options = _parse(arguments)
    try:
        _run(options)
    except OperatorError as error:
        print(f"notification-operator: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:  # before anything was started
        return 0
    return 0


def _run(options: argparse.Namespace) -> None:
    match options.command:
        case "local":
            asyncio.run(run_locally(Options(options.file, options.port, options.data), Progress(sys.stdout)))
        case "run":
            _serve(options)
        case "crd":
            sys.stdout.write(crd.write())


def _serve(options: argparse.Namespace) -> None:
    # Loaded only here: kopf and the Kubernetes client take half a second, for which other commands need not wait.
    from .run import run_operator
    from .run_options import read_run_options

    configure_logs()
    asyncio.run(run_operator(read_run_options(options)))


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="notification-operator", description="Runs a NotificationCluster.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    local = commands.add_parser("local", help="run a cluster on this machine, without Kubernetes")
    local.add_argument("file", type=Path, metavar="FILE", help="the NotificationCluster, for example demo.yaml")
    local.add_argument("--port", type=_port, default=8080, help="the port of the gateways (default: %(default)s)")
    local.add_argument("--data", type=Path, default=Path(".local"), help="where data is kept (default: %(default)s)")
    add_run_arguments(commands.add_parser("run", help="serve the NotificationClusters of a Kubernetes cluster"))
    commands.add_parser("crd", help="print the CustomResourceDefinition, for `kubectl apply -f -`")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdecimal() else 0
    if not 1 <= port <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: it must be a whole number from 1 to 65535")
    return port


if __name__ == "__main__":
    sys.exit(main())
