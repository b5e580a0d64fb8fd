"""The options of `notification-operator run`; apart from what they lead to, which loads slowly."""

import argparse

from .images import NATS, POSTGRES, WORKLOADS


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare every option of the command."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--namespace", action="append", default=[], help="a namespace to serve, may be repeated")
    where.add_argument("--all-namespaces", action="store_true", help="serve all (default: only the operator's own)")
    parser.add_argument("--lease-namespace", help="where replicas agree on who leads (default: the operator's own)")
    parser.add_argument("--host", default="0.0.0.0", help="where probes and metrics listen (default: %(default)s)")  # noqa: S104
    parser.add_argument("--management-port", type=int, default=9090, help="their port (default: %(default)s)")
    parser.add_argument(
        "--workloads-image", default=WORKLOADS, help="where spec.image is absent (default: %(default)s)"
    )
    parser.add_argument("--nats-image", default=NATS, help="(default: %(default)s)")
    parser.add_argument("--postgres-image", default=POSTGRES, help="of embedded databases (default: %(default)s)")
    parser.add_argument(
        "--allow-image", action="append", default=[], metavar="PREFIX", help="how spec.image may begin, may be repeated"
    )
    parser.add_argument(
        "--image-pull-secret",
        action="append",
        default=[],
        metavar="NAME",
        help="a Secret in the namespace of each cluster that pulls the images of its pods, may be repeated",
    )
